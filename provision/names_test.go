package provision

import (
	"regexp"
	"strings"
	"testing"

	"ecsctl/provision/spec"

	"github.com/google/go-cmp/cmp"
)

func TestDeriveNames(t *testing.T) {
	t.Parallel()
	want := spec.Names{
		ExecutionRole:     "prefect-etl-eu-west-1-execution",
		WorkerRole:        "prefect-etl-eu-west-1-worker",
		FlowRole:          "prefect-etl-eu-west-1-flow",
		FlowExecutionRole: "prefect-etl-eu-west-1-flow-exec",

		InfrastructureRole: "prefect-etl-eu-west-1-infra",
		InstanceRole:       "ecsInstanceRole-etl-eu-west-1",
		CapacityProvider:   "prefect-etl",

		Family:        "prefect-worker-etl",
		Service:       "prefect-worker-etl",
		Secret:        "prefect/etl/api-key",
		LogGroup:      "/ecs/prefect/etl",
		Repository:    "prefect/etl/worker",
		SecurityGroup: "prefect-etl",

		FlowRepository:  "prefect/etl/flows",
		Queue:           "prefect-etl",
		DeadLetterQueue: "prefect-etl-dead-letter",
		Rule:            "prefect-etl",
	}
	if diff := cmp.Diff(want, spec.DeriveNames("etl", "eu-west-1")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPoolSlug(t *testing.T) {
	t.Parallel()
	const region = "us-gov-west-1" // 32 characters are left for the slug
	for pool, want := range map[string]string{
		"etl":                    `^etl$`,
		"Etl_2-x":                `^Etl_2-x$`,
		"my pool":                `^my-pool-[0-9a-f]{8}$`,
		"-etl-":                  `^etl-[0-9a-f]{8}$`,
		"a.b":                    `^a-b-[0-9a-f]{8}$`,
		"日本":                     `^[0-9a-f]{8}$`,
		"--":                     `^[0-9a-f]{8}$`,
		strings.Repeat("x", 32):  `^x{32}$`,
		strings.Repeat("x", 33):  `^x{23}-[0-9a-f]{8}$`,
		strings.Repeat("x-", 99): `^(x-){11}x-[0-9a-f]{8}$`,
	} {
		if got := spec.PoolSlug(pool, region); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("poolSlug(%q) = %q, want a match of %s", pool, got, want)
		}
	}
}

// Two pools never share a slug because their names look alike in AWS.
func TestPoolSlugsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, pool := range []string{"a b", "a.b", "a-b", "a:b", " a b", strings.Repeat("x", 60), strings.Repeat("x", 61),
		"日本", "日木"} {
		slug := spec.PoolSlug(pool, "eu-west-1")
		if other, taken := seen[slug]; taken {
			t.Errorf("pools %q and %q both become %q", pool, other, slug)
		}
		seen[slug] = pool
	}
}

func TestPoolTag(t *testing.T) {
	t.Parallel()
	for pool, want := range map[string]string{
		"my pool":    `^my pool$`,
		"日本":         `^日本$`,
		"what? no!":  `^what-no-[0-9a-f]{8}$`,
		`quo"te`:     `^quo-te-[0-9a-f]{8}$`,
		"new\nline!": `^new-line-[0-9a-f]{8}$`,
	} {
		if got := spec.PoolTag(pool, "eu-west-1"); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("poolTag(%q) = %q, want a match of %s", pool, got, want)
		}
	}
}

func TestNamesOr(t *testing.T) {
	t.Parallel()
	derived := spec.DeriveNames("etl", "eu-west-1")
	got := spec.Names{ExecutionRole: "ecsTaskExecutionRole", Family: "prefect-worker-task",
		Service: "prefect-worker-service"}.Or(derived)
	want := derived
	want.ExecutionRole, want.Family, want.Service = "ecsTaskExecutionRole", "prefect-worker-task",
		"prefect-worker-service"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Names are remembered in the pool only when somebody chose them.
func TestChosenNames(t *testing.T) {
	t.Parallel()
	w := &world{spec: spec.Spec{Pool: "etl", Region: "eu-west-1"}.WithDefaults()}
	if got := w.chosenNames(); got != nil {
		t.Errorf("derived names count as chosen: %+v", got)
	}
	w.spec.Names.Service = "mine"
	if got := w.chosenNames(); got == nil || got.Service != "mine" {
		t.Errorf("got %+v, want the service mine", got)
	}
}
