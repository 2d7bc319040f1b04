package ecs

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/uuid"
	"ecsctl/sandbox/internal/ec2"
)

// startError is why a task never ran: what DescribeTasks says of the task and, where
// it has something of its own to say, of the container.
type startError struct {
	reason    string
	container string // name
	detail    string
}

func (e *startError) Error() string { return e.reason }

// execute is the life of one task.
func (s *Service) execute(t *task) {
	var containers []*container
	if role := taskRole(t); role != "" {
		t.session = s.peers.STS.Assume(role, t.id())
		defer s.peers.STS.End(t.session)
	}
	eni, err := s.provision(t)
	if err == nil {
		containers, err = s.launch(t)
	}
	if err == nil {
		s.await(t, containers)
	}
	var failed *startError
	if errors.As(err, &failed) {
		s.fail(t, failed)
	}
	s.shutDown(t, containers)
	if eni != nil {
		s.peers.EC2.DetachInterface(eni.ID)
	}
	t.removeTrees()
	s.finish(t)
}

// errStopped ends a start that was overtaken by a stop; the task has its reason already.
var errStopped = errors.New("stopped while starting")

// pause waits, unless the task is stopped meanwhile.
func (s *Service) pause(t *task, d time.Duration) error {
	timer := s.cfg.Clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-t.stop:
		return errStopped
	case <-s.engine.ctx.Done():
		return errStopped
	}
}

// set changes the task under the lock.
func (s *Service) set(t *task, change func(api *types.Task)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&t.api)
	t.api.Version++
	s.announce(t)
}

func (s *Service) provision(t *task) (*ec2.Interface, error) {
	if err := s.pause(t, s.cfg.TaskDelay); err != nil {
		return nil, err
	}
	if t.managed != nil {
		if err := s.mayPassInstanceRole(t.managed); err != nil {
			return nil, err
		}
	}
	if t.network == nil { // the instance's own
		s.set(t, func(api *types.Task) {
			api.LastStatus, api.Connectivity = aws.String(taskPending), types.ConnectivityConnected
			api.ConnectivityAt, api.PullStartedAt = aws.Time(s.cfg.Clock.Now()), aws.Time(s.cfg.Clock.Now())
		})
		return nil, nil
	}
	public := t.network.AssignPublicIp == types.AssignPublicIpEnabled
	eni, err := s.peers.EC2.AttachInterface(t.pickSubnet(), t.network.SecurityGroups, public, *t.api.TaskArn)
	if err != nil {
		return nil, &startError{reason: fmt.Sprintf("Unexpected EC2 error while attempting to Create Network "+
			"Interface: %v", err)}
	}
	t.from = ec2.Source{Subnet: eni.SubnetID, Groups: t.network.SecurityGroups, PublicIP: public}
	s.set(t, func(api *types.Task) {
		api.LastStatus = aws.String(taskPending)
		api.AvailabilityZone = &eni.Zone
		api.Connectivity = types.ConnectivityConnected
		api.ConnectivityAt = aws.Time(s.cfg.Clock.Now())
		api.PullStartedAt = aws.Time(s.cfg.Clock.Now())
		attachment := uuid.New()
		api.Attachments = []types.Attachment{{
			Id: &attachment, Type: aws.String("ElasticNetworkInterface"), Status: aws.String("ATTACHED"),
			Details: []types.KeyValuePair{
				{Name: aws.String("subnetId"), Value: &eni.SubnetID},
				{Name: aws.String("networkInterfaceId"), Value: &eni.ID},
				{Name: aws.String("privateIPv4Address"), Value: &eni.PrivateIP},
			},
		}}
		for i := range api.Containers {
			api.Containers[i].NetworkInterfaces = []types.NetworkInterface{{AttachmentId: &attachment,
				PrivateIpv4Address: &eni.PrivateIP}}
		}
	})
	return &eni, nil
}

// launch prepares all containers before it starts any.
func (s *Service) launch(t *task) ([]*container, error) {
	if err := s.pullMishap(t); err != nil {
		return nil, err
	}
	var containers []*container
	for i := range t.definition.api.ContainerDefinitions {
		c, err := s.prepare(t, i)
		if err != nil {
			return nil, err
		}
		containers = append(containers, c)
	}
	s.set(t, func(api *types.Task) { api.PullStoppedAt = aws.Time(s.cfg.Clock.Now()) })
	if err := s.pause(t, s.cfg.TaskDelay); err != nil {
		return nil, err
	}
	for i, c := range containers {
		if err := s.startContainer(t, c); err != nil {
			return containers[:i], err
		}
	}
	s.set(t, func(api *types.Task) {
		api.LastStatus = aws.String(taskRunning)
		api.StartedAt = aws.Time(s.cfg.Clock.Now())
		s.meetSpot(t)
	})
	s.poke()
	return containers, nil
}

// await returns when the task is to end: told to, or an essential container did.
func (s *Service) await(t *task, containers []*container) {
	ended := make(chan struct{}, len(containers))
	for _, c := range containers {
		s.engine.tasks.Go(func() { s.watch(t, c, ended) })
		if checked(t.definition.api.ContainerDefinitions[c.index]) {
			s.engine.tasks.Go(func() { s.probe(t, c) })
		}
	}
	for {
		select {
		case <-t.stop:
			return
		case <-s.engine.ctx.Done():
			return
		case <-ended:
		}
		if essentialEnded(containers) {
			s.stopTask(t, types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
			return
		}
	}
}

// watch records the end of a container.
func (s *Service) watch(t *task, c *container, ended chan<- struct{}) {
	<-c.process.Done()
	s.recordEnd(t, c)
	ended <- struct{}{}
}

// recordEnd notes the end of a container's process, once.
func (s *Service) recordEnd(t *task, c *container) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := &t.api.Containers[c.index]
	if got.ExitCode != nil {
		return
	}
	got.LastStatus = aws.String(taskStopped)
	got.ExitCode = aws.Int32(int32(c.process.ExitCode()))
	t.api.Version++
	s.announce(t)
}

func essentialEnded(containers []*container) bool {
	for _, c := range containers {
		if c.essential && c.ended() {
			return true
		}
	}
	return false
}

func (s *Service) stopTask(t *task, code types.TaskStopCode, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requestStop(t, code, reason)
}

func (s *Service) fail(t *task, e *startError) {
	s.stopTask(t, types.TaskStopCodeTaskFailedToStart, e.reason)
	s.set(t, func(api *types.Task) {
		for i := range api.Containers {
			if e.detail != "" && *api.Containers[i].Name == e.container {
				api.Containers[i].Reason = &e.detail
			}
		}
	})
}

// shutDown ends the containers that still run: asked first, killed after their timeout.
func (s *Service) shutDown(t *task, containers []*container) {
	var warning time.Duration
	s.set(t, func(api *types.Task) {
		api.LastStatus = aws.String(taskStopping)
		warning = t.warning
	})
	for _, c := range containers {
		c.process.Terminate()
	}
	for _, c := range containers {
		if warning > 0 {
			c.stopTimeout = min(c.stopTimeout, warning)
		}
		s.awaitEnd(c)
		s.recordEnd(t, c) // watch may not have come to it, or never began
	}
}

func (s *Service) awaitEnd(c *container) {
	timer := s.cfg.Clock.NewTimer(c.stopTimeout)
	defer timer.Stop()
	select {
	case <-c.process.Done():
	case <-timer.C:
	case <-s.engine.ctx.Done():
	}
	c.process.Kill()
	<-c.process.Done()
}

func (s *Service) finish(t *task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Clock.Now()
	t.api.LastStatus, t.api.DesiredStatus = aws.String(taskStopped), aws.String(taskStopped)
	t.api.ExecutionStoppedAt, t.api.StoppedAt = &now, &now
	t.api.Connectivity = ""
	t.api.ConnectivityAt = nil
	t.api.Version++
	for i := range t.api.Containers {
		t.api.Containers[i].LastStatus = aws.String(taskStopped)
	}
	for i := range t.api.Attachments {
		t.api.Attachments[i].Status = aws.String("DELETED")
	}
	s.announce(t)
	if t.service != nil {
		s.taskStopped(t)
	}
	s.poke()
}
