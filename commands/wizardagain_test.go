package commands_test

import (
	"strings"
	"testing"

	"ecsctl/sandbox/fault"
)

// A second run with Enter alone changes nothing: the pool that ecsctl made is chosen, and all that was chosen
// for it, also what nobody is asked for.
func TestWizardAgain(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run("bootstrap", "--pool", guidePool, "--cluster", "batch", "--cpu", "512", "--memory", "2048",
		"--log-retention", "7", "--desired-count", "2", "--no-observer", "--yes", noWait)
	a.Tap.Reset()
	s := a.openScreen(80, 40, nil, nil, "bootstrap", noWait)
	for _, q := range questions {
		title := q.title
		if q.name == "pool" {
			title = "Prefect work pool"
		}
		shown := s.asked(title)
		if q.name == "size" {
			golden(t, "again-size", shown)
		}
		words := strings.Join(strings.Fields(strings.ReplaceAll(shown, "┃", "")), " ")
		if !strings.Contains(words, "as it is now") && q.name != "region" && q.name != "subnets" {
			t.Errorf("it does not say that Enter changes nothing:\n%s", shown)
		}
		s.press(enter)
	}
	s.sees("Nothing is to be changed")
	s.press(enter)
	s.exits(0, "--cluster batch", "--cpu 512 --memory 2048", "--no-observer", "--log-retention 7")
	a.wrote(0)
}

// Another pool is not given what was chosen for the one before.
func TestWizardAnotherPoolAfterOneThatStands(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run("bootstrap", "--pool", guidePool, "--cluster", "batch", "--log-retention", "7", "--yes", noWait)
	s := a.openScreen(80, 40, nil, nil, "bootstrap", "--dry-run")
	s.defaults(0, 1)
	s.asked("Prefect work pool")
	s.press(enter)
	s.asked("ECS cluster")
	s.press(back)
	s.asked("Prefect work pool")
	s.press(up + enter)
	s.asked("Name of the new work pool")
	s.press("etl" + enter)
	s.defaults(2, len(questions))
	s.exits(0, "ecsctl bootstrap --pool etl --region eu-west-1 --binary .ecsctl-for-image --yes")
	if strings.Contains(s.text(), "--cluster batch") {
		t.Error("the new pool has the cluster of the other")
	}
}

// A look-up that fails is told under its question. The answers stay, and all goes on.
func TestWizardGoesOnAfterAFailedLookUp(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	s := a.openScreen(80, 40, nil, nil, "bootstrap", "--dry-run")
	s.defaults(0, 1)
	s.asked("Name of the new work pool")
	a.Server.AddFault(fault.Fault{Service: "ecs", Operation: "ListClusters", Times: 1, Kind: fault.ExpiredToken})
	s.press("etl" + enter)
	s.sees("Cannot look up the choices", "enter next")
	s.press(down + enter) // try again
	s.asked("ECS cluster")
	s.sees("Work pool       etl")
	s.press(ctrlC)
	s.exits(130)
}

// Behind a wrong address there is no server of Prefect: going back leads to the address.
func TestWizardGoesBackToTheQuestionOfTheError(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	s := a.openScreen(80, 40, nil, keyless(""), "bootstrap", "--dry-run")
	s.defaults(0, 1)
	s.asked("Where is Prefect?")
	s.press(down + enter)
	s.asked("Prefect API URL")
	s.press(a.Prefect + "/wrong" + enter)
	s.sees("Go back to the question: Prefect", "enter next")
	s.press(enter)
	s.asked("Where is Prefect?")
	s.press(down + enter)
	s.asked("Prefect API URL")
	s.press(a.Prefect + enter)
	s.asked("Name of the new work pool")
	s.press(ctrlC)
	s.exits(130)
}
