package worker

import (
	"context"
	"ecsctl/worker/awsaccess"
	"errors"
	"log/slog"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// retire deregisters task definitions whose jobs ask for it, when the last of their
// tasks has stopped.
type retire struct {
	log      *slog.Logger
	table    *table
	register *register

	mu     sync.Mutex
	unused map[string]*awsaccess.Clients // by ARN
}

// after notes the definition of a run whose task has stopped.
func (r *retire) after(entry tracked) {
	if entry.definition == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unused == nil {
		r.unused = map[string]*awsaccess.Clients{}
	}
	r.unused[entry.definition] = entry.at.clients
}

// idle deregisters what no run needs any more. While runs are being launched it waits:
// one of them may be about to use a definition.
func (r *retire) idle(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.unused) == 0 || len(r.table.inPhase(claiming)) > 0 {
		return nil
	}
	var failures []error
	for arn, clients := range r.unused {
		if r.table.uses(arn) > 0 {
			delete(r.unused, arn) // the last of them notes it again
			continue
		}
		r.register.forgetARN(arn)
		if _, err := clients.ECS.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &arn}); err != nil {
			failures = append(failures, awsaccess.Explain("deregister task definition \""+arn+"\"", err))
			continue
		}
		r.log.InfoContext(ctx, "deregistered the task definition", "task definition", arn)
		delete(r.unused, arn)
	}
	return errors.Join(failures...)
}
