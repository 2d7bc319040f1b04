package commands_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each capacity asks for what it needs and nothing else, and makes the plan of the flags that are shown.
func TestWizardCapacities(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(*adopter)
		answer  string
		further []asked
		command string
	}{
		"spot": {answer: down, command: "--capacity fargate-spot"},
		"instances": {prepare: (*adopter).natted, answer: down + down,
			further: []asked{{"instances", "What instances may ECS start?", ""}},
			command: "--capacity managed-instances"},
		"GPUs": {prepare: (*adopter).natted, answer: down + down,
			further: []asked{{"gpus", "What instances may ECS start?", down}},
			command: `--job-variable 'resource_requirements=[{"type":"GPU","value":"1"}]' ` +
				"--capacity managed-instances --instance-gpus 1-"},
		"types": {prepare: (*adopter).natted, answer: down + down,
			further: []asked{{"types", "What instances may ECS start?", down + down + enter + "m7*, r7*"}},
			command: "--capacity managed-instances --instance-type 'm7*' --instance-type 'r7*'"},
		"ec2": {prepare: (*adopter).groupProvider, answer: down + down + down,
			further: []asked{{"provider", "Capacity provider", ""}},
			command: "--capacity ec2 --capacity-provider batch"},
		"ec2 without a provider yet": {answer: down + down + down,
			further: []asked{{"provider", "Name of the capacity provider", "later"}},
			command: "--capacity ec2 --capacity-provider later"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAdopter(t)
			a.env = slices.DeleteFunc(a.env, func(v string) bool { return v == "ECSCTL_RUNTIME=prefect" })
			if test.prepare != nil {
				test.prepare(a)
			}
			var planned bytes.Buffer
			s := a.openScreen(80, 40, &planned, nil, "bootstrap", "--region", "eu-west-1", "--pool", "etl", "--wizard",
				"--dry-run", "--output", "json")
			s.defaults(2, len(questions)-1)
			s.asked("Where do flow runs run?")
			s.press(down + test.answer + enter) // --pool may name one that is there: first comes what it has
			for _, q := range test.further {
				shown := s.asked(q.title)
				if strings.Contains(name, "without") || name == "GPUs" || name == "ec2" {
					golden(t, "capacity-"+strings.ReplaceAll(name, " ", "-"), shown)
				}
				s.typed(q.other)
				s.press(enter)
			}
			if strings.Contains(name, "without") {
				s.sees("These answers do not work together", "Go back to the question: Provider")
				s.press(ctrlC)
				s.exits(130)
				return
			}
			s.exits(0, test.command)
			if diff := cmp.Diff(planned.String(), a.shell(s.command()+" --dry-run --output json")); diff != "" {
				t.Errorf("the wizard (-) and its command (+):\n%s", diff)
			}
		})
	}
}

// groupProvider makes the capacity provider of an Auto Scaling group.
func (a *adopter) groupProvider() {
	a.make("", "", "ecs", "CreateCapacityProvider",
		"{Name: batch, AutoScalingGroupProvider: {AutoScalingGroupArn: '"+
			"arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:00000000-0000-4000-8000-000000000000:"+
			"autoScalingGroupName/batch', ManagedScaling: {Status: ENABLED}}}")
}

// What stands is preselected, whatever it is, with all that belongs to it: Enter alone changes nothing.
func TestWizardCapacityAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args    []string
		further []string
	}{
		"launch": {args: []string{"--flow-run-launch-type", "FARGATE_SPOT"}},
		"ec2": {args: []string{"--capacity", "ec2", "--capacity-provider", "batch"},
			further: []string{"Capacity provider"}},
		"GPUs": {args: []string{"--capacity", "managed-instances", "--instance-gpus", "1-", "--job-variable",
			`resource_requirements=[{"type": "GPU", "value": "1"}]`}, further: []string{"What instances may ECS start?"}},
		"instances": {args: []string{"--capacity", "managed-instances", "--instance-vcpus", "4-16",
			"--instance-storage", "200"}, further: []string{"What instances may ECS start?"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAdopter(t)
			a.env = slices.DeleteFunc(a.env, func(v string) bool { return v == "ECSCTL_RUNTIME=prefect" })
			a.natted()
			a.groupProvider()
			a.Run(append([]string{"bootstrap", "--pool", guidePool, "--desired-count", "0", "--yes", noWait},
				test.args...)...)
			a.Tap.Reset()
			s := a.openScreen(80, 40, nil, nil, "bootstrap", noWait)
			titles := []string{"AWS region", "Prefect work pool"}
			for _, q := range questions[2:] {
				titles = append(titles, q.title)
			}
			for _, title := range append(titles, test.further...) {
				shown := s.asked(title)
				if title == "Where do flow runs run?" && name == "instances" {
					golden(t, "again-capacity", shown)
				}
				s.press(enter)
			}
			s.sees("Nothing is to be changed")
			s.press(enter)
			s.exits(0)
			a.wrote(0)
		})
	}
}
