package provision

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ecsctl/internal/pause"
)

// telling records what a run tells.
type telling struct{ lines []string }

func (p *telling) Start(kind Kind, name string, action Action) {
	p.lines = append(p.lines, "start "+string(kind))
}
func (p *telling) Done(a Applied, err error) {
	p.lines = append(p.lines, "done "+string(a.Kind)+map[bool]string{true: " failed"}[err != nil])
}
func (p *telling) Note(text string) { p.lines = append(p.lines, text) }

var errBroken = errors.New("broken")

func oneStep(kind Kind, takes time.Duration, err error, needs ...Kind) step {
	return step{
		change: Change{Kind: kind, Name: "x", Action: Create}, needs: needs,
		run: func(ctx context.Context) (string, error) {
			return "id-" + string(kind), errors.Join(pause.For(ctx, takes), err)
		},
	}
}

// Independent steps run at the same time, dependent ones after what they need.
func TestRunSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, told := time.Now(), &telling{}
		applied, err := runSteps(t.Context(), []step{
			oneStep(KindCluster, 3*time.Second, nil),
			oneStep(KindWorkerRole, 2*time.Second, nil),
			oneStep(KindTaskDefinition, time.Second, nil, KindWorkerRole, KindLogGroup),
			oneStep(KindService, time.Second, nil, KindTaskDefinition, KindCluster),
		}, told)
		if err != nil || time.Since(began) != 4*time.Second {
			t.Errorf("got %v in %s", err, time.Since(began))
		}
		want := []Applied{
			{KindCluster, "x", Create, "id-cluster", 3}, {KindWorkerRole, "x", Create, "id-worker-role", 2},
			{KindTaskDefinition, "x", Create, "id-task-definition", 1}, {KindService, "x", Create, "id-service", 1},
		}
		if diff := cmp.Diff(want, applied, cmpopts.EquateApprox(0, 0.001)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if slices.Index(told.lines, "start service") < slices.Index(told.lines, "done task-definition") ||
			len(told.lines) != 8 {
			t.Errorf("told %q", told.lines)
		}
	})
}

// A failed step stops what needs it, however far, and nothing else; all failures are told.
func TestRunStepsGoesOnPastAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		told := &telling{}
		applied, err := runSteps(t.Context(), []step{
			oneStep(KindWorkerRole, time.Second, errBroken),
			oneStep(KindLogGroup, time.Second, errBroken),
			oneStep(KindTaskDefinition, 0, nil, KindWorkerRole),
			oneStep(KindService, 0, nil, KindTaskDefinition),
			oneStep(KindCluster, 2*time.Second, nil),
		}, told)
		if len(applied) != 1 || applied[0].Kind != KindCluster {
			t.Errorf("applied %+v", applied)
		}
		if !errors.Is(err, errBroken) || err.Error() != `worker-role "x": broken`+"\n"+`log-group "x": broken` {
			t.Errorf("got error %v", err)
		}
		if all := strings.Join(told.lines, " "); strings.Contains(all, "start service") ||
			strings.Contains(all, "start task-definition") {
			t.Errorf("told %q", told.lines)
		}
	})
}

// A step that only looks is neither shown as progress nor listed, but its failure counts.
func TestRunStepsWithALook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		look := oneStep(KindTask, 0, errBroken)
		look.change.Action = None
		told := &telling{}
		applied, err := runSteps(t.Context(), []step{look, oneStep(KindCluster, 0, nil, KindTask)}, told)
		if len(applied) != 0 || len(told.lines) != 0 || !errors.Is(err, errBroken) || err.Error() != "broken" {
			t.Errorf("got %+v, %q, %v", applied, told.lines, err)
		}
	})
}

func TestRunStepsEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := runSteps(ctx, []step{oneStep(KindCluster, time.Hour, nil), oneStep(KindService, 0, nil, KindCluster)},
			&telling{})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("got %v in %s", err, time.Since(began))
		}
	})
}
