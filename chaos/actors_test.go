package chaos_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker"
)

var (
	actorSeeds = flag.Int("actor-seeds", 2, "seeds of TestActors, from -seed on")
	actorRuns  = flag.Int("actor-runs", 60, "flow runs for each of them")
)

const (
	// havocTime is for how long the actors act.
	havocTime = 40 * time.Minute
	// arrivals is the time between two waves of runs.
	arrivals = 2 * time.Minute
	// startTakes is what ECS needs from RunTask to the container.
	startTakes = 10 * time.Second
)

// A person cancels, ends, deletes and retries runs and edits or recreates the pool at any moment, AWS throttles
// launches for minutes, workers of one name and of others are killed, the key is rotated, the
// server's clock is off by up to five minutes, and events are lost, doubled and late: nothing is lost, nothing is
// executed more often than it was scheduled, and nothing that was over when its task was asked for.
func TestActors(t *testing.T) {
	for i := range *actorSeeds {
		seed := *firstSeed + uint64(i)
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { runActors(t, seed) })
		})
	}
}

// stage is the world with its actors.
type stage struct {
	*played
	chance *rand.Rand
	person *person

	mu       sync.Mutex
	key      string // that the server takes from workers
	tooLate  []string
	restarts int
	heard    int // connections to the feed of events
}

func runActors(t *testing.T, seed uint64) {
	s := &stage{chance: rand.New(rand.NewPCG(seed, 0)), key: "1"}
	off := time.Duration(s.chance.IntN(11)-5) * time.Minute
	options := []prefectapi.Option{prefectapi.WithClock(func() time.Time { return time.Now().Add(off) })}
	switch seed % 4 {
	case 0, 2:
		options = append(options, prefectapi.WithVersion("2.20.26"))
	case 1:
		options = append(options, badFeed)
	}
	api := prefectapi.New(options...)
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if strings.HasSuffix(r.URL.Path, "/events/out") {
			s.heard++
		}
		known := strings.HasSuffix(r.Header.Get("Authorization"), " "+s.key) || r.UserAgent() == playedAgent
		s.mu.Unlock()
		if !known {
			http.Error(w, `{"exception_message": "Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		api.ServeHTTP(w, r)
	})
	s.played = newPlayed(t, sandbox.Options{
		PrefectAPI: guarded, TaskDelay: startTakes / 2,
		Functions: map[string]sandbox.Function{"prefecthq/*": s.execute},
	})
	s.person = newPerson(t, s.api, seed)
	s.arrive(0)
	began, waves := time.Now(), 1
	havoc, end := context.WithTimeout(t.Context(), havocTime)
	defer end()
	closing, finish := context.WithCancel(t.Context())
	var group, workers sync.WaitGroup
	for i, name := range []string{"replica", "replica", "other"} {
		chance := rand.New(rand.NewPCG(seed, uint64(10+i)))
		workers.Go(func() { s.staff(havoc, closing, name, chance) })
	}
	group.Go(func() { s.throttling(havoc, rand.New(rand.NewPCG(seed, 2))) })
	group.Go(func() { s.rotation(havoc, rand.New(rand.NewPCG(seed, 3))) })
	for pause.For(havoc, time.Duration(5+s.chance.IntN(30))*time.Second) == nil {
		s.person.act(havoc)
		if int(time.Since(began)/arrivals) >= waves {
			s.arrive(waves)
			waves++
		}
	}
	group.Wait()
	within(t.Context(), 2*time.Hour, 10*time.Second, func() bool { return len(s.unfinished()) == 0 })
	finish()
	workers.Wait()
	s.judge(seed, off)
}

// arrive makes more runs, by a deployment of their own: the pool may have been made anew.
func (s *stage) arrive(wave int) {
	for _, behave := range []string{completes, fails, crashes} {
		n := max(1, *actorRuns/3/int(havocTime/arrivals))
		s.person.ids = append(s.person.ids, s.runs(fmt.Sprint(behave, wave), n, life{time.Minute, behave})...)
	}
}

// execute plays `prefect flow-run execute` and looks whether anybody wants it.
func (s *stage) execute(ctx context.Context, env []string) int {
	for _, entry := range env {
		if id, ok := strings.CutPrefix(entry, "PREFECT__FLOW_RUN_ID="); ok &&
			!s.person.began(id, time.Now().Add(-startTakes)) {
			s.mu.Lock()
			s.tooLate = append(s.tooLate, id)
			s.mu.Unlock()
		}
	}
	return s.played.execute(ctx, env)
}

// staff keeps a worker of that name running: it is killed now and then, and started anew with the
// key of the day when it has ended.
func (s *stage) staff(havoc, closing context.Context, name string, chance *rand.Rand) {
	for closing.Err() == nil {
		s.mu.Lock()
		key := s.key
		s.restarts++
		s.mu.Unlock()
		made := must(worker.New(worker.Options{
			Prefect: must(prefect.New(prefect.Options{
				APIURL: s.server.PrefectAPIURL(), HTTPClient: s.client(), APIKey: prefect.Secret(key),
			}))(s.t),
			AWS: s.aws(), Pool: pool, Name: name,
			Settings: map[string]string{"PREFECT_API_URL": s.server.PrefectAPIURL()},
		}))(s.t)
		ctx, kill := context.WithCancel(closing)
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			_ = made.Run(ctx, stop) // a key that was rotated ends it
		}()
		life := time.NewTimer(time.Duration(1+chance.IntN(12)) * time.Minute)
		select {
		case <-ended:
		case <-closing.Done():
		case <-life.C:
			switch {
			case havoc.Err() != nil: // in peace it works until the end
				select {
				case <-ended:
				case <-closing.Done():
				}
			case chance.IntN(2) == 0: // SIGTERM
				close(stop)
				<-ended
			}
		}
		life.Stop()
		kill()
		<-ended
		_ = pause.For(closing, time.Duration(chance.IntN(90))*time.Second)
	}
}

// throttling is an AWS that takes no launches, or no task definitions, for minutes.
func (s *stage) throttling(ctx context.Context, chance *rand.Rand) {
	for pause.For(ctx, time.Duration(chance.IntN(180))*time.Second) == nil {
		operation := []string{"RunTask", "RegisterTaskDefinition", "*Task*"}[chance.IntN(3)]
		s.server.AddFault(fault.Fault{Service: "ecs", Operation: operation, Kind: fault.Throttle, Times: -1})
		_ = pause.For(ctx, time.Duration(60+chance.IntN(240))*time.Second)
		s.server.ClearFaults()
	}
	s.server.ClearFaults()
}

// rotation gives the workers another key.
func (s *stage) rotation(ctx context.Context, chance *rand.Rand) {
	for n := 2; pause.For(ctx, time.Duration(8+chance.IntN(10))*time.Minute) == nil; n++ {
		s.mu.Lock()
		s.key = fmt.Sprint(n)
		s.mu.Unlock()
	}
}

// unfinished are the runs that a worker has yet to finish; a run without a queue belongs to no worker.
func (s *stage) unfinished() (out []prefect.FlowRun) {
	for _, run := range must(s.api.FilterFlowRuns(s.t.Context(), prefect.FlowRunFilter{}))(s.t) {
		if !run.StateType.Terminal() && run.WorkPoolName != "" {
			out = append(out, run)
		}
	}
	return out
}

func (s *stage) judge(seed uint64, off time.Duration) {
	for _, run := range s.unfinished() {
		s.t.Errorf("lost: run %s is %s since %s: %s", run.ID, run.StateName, run.State.Timestamp, run.State.Message)
	}
	executed, more := 0, 0
	for _, id := range s.person.ids {
		s.played.mu.Lock()
		n := s.played.executed[id]
		s.played.mu.Unlock()
		executed += n
		if n > s.person.mayBeExecuted(id) {
			more++
			s.t.Errorf("run %s was executed %d times, scheduled %d times%s", id, n, s.person.mayBeExecuted(id),
				s.story(id))
		}
	}
	if seed%2 == 1 && s.heard == 0 {
		s.t.Error("no worker listened to the server's events")
	}
	for _, id := range s.tooLate {
		s.t.Errorf("run %s was executed although it was over when its task was launched%s", id, s.story(id))
	}
	s.t.Logf("seed %d: server's clock %s off, %d runs, %d executions, %d too many, %d of what was over, %d workers, %v",
		seed, off, len(s.person.ids), executed, more, len(s.tooLate), s.restarts, s.person.deeds)
}

func (s *stage) story(id string) (text string) {
	for _, state := range must(s.api.FlowRunStates(s.t.Context(), id))(s.t) {
		text += fmt.Sprintf("\n  %s %s by %s: %s", state.Timestamp.Format("15:04:05.000"), state.Name,
			state.Details.TransitionID, state.Message)
	}
	return text
}
