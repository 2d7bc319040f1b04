//go:build e2e

package parity

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/e2e/peers"
)

// The official worker for Prefect 2 sends the same, less what row prefect-2 says.
func TestRequestsEqualThoseOfTheOfficialWorkerForPrefect2(t *testing.T) {
	if !slices.Contains(peers.Differences(t), "prefect-2") {
		t.Fatal("docs/parity.md has no row prefect-2")
	}
	about, jobs := recordedForPrefect2(t)
	aws, count := newAccount(t), map[string]int{}
	for _, job := range jobs {
		t.Run(job.Case.Name, func(t *testing.T) {
			made, err := job.ours(about.Prefect)
			switch {
			case job.Official == nil:
				count["refused by the official worker"]++ // 0.4 checks and stumbles over more than 0.7
			case err != nil && differ2[job.Case.Name] != "":
				count["differ as row prefect-2 says"]++
			case err != nil:
				checkRefusedByAWS(t, aws, job, err)
				count["refused by ours, and by AWS"]++
			default:
				official, ours := lessWhat2Lacks(normalised(t, job.Official)), lessWhat2Lacks(normalised(t, made))
				if why := differ2[job.Case.Name]; why != "" {
					checkDiffers(t, official, ours)
					count["differ as row prefect-2 says"]++
					return
				}
				if diff := cmp.Diff(official, ours); diff != "" {
					t.Errorf("requests differ (-official +ours):\n%s", diff)
				}
				count["equal"]++
			}
		})
	}
	t.Logf("%d jobs, prefect %s, prefect-aws %s, seed %d: %v", len(jobs), about.Prefect, about.PrefectAWS,
		about.Seed, count)
	if count["equal"] < 100 {
		t.Errorf("only %d jobs were equal", count["equal"])
	}
}

func checkDiffers(t *testing.T, official, ours any) {
	t.Helper()
	if cmp.Equal(official, ours) {
		t.Error("the case differs no more")
	}
}

func recordedForPrefect2(t *testing.T) (versions, []outcome) {
	t.Helper()
	if *recorded != "" {
		return readRecorded(t)
	}
	moto, err := peers.StartMoto(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(moto.Kill)
	return runProgram(t, peers.Prefect2, "official2.py", []string{"AWS_ENDPOINT_URL=" + moto.URL})
}

// differ2 are the cases in which 0.4 does otherwise than 0.7, by what it lacks: row prefect-2 names these.
var differ2 = map[string]string{
	"cluster not in the request":                 "the cluster reaches RunTask by the template alone",
	"merge env of the template":                  "env of the template is not merged",
	"launch_type missing":                        "FARGATE is assumed for the definition, too",
	"compatibilities empty EC2":                  "an empty list is sent",
	"match_latest_revision_in_family none there": "a family without revisions is run",
	"dotted": dottedKeys, "dotted over default env": dottedKeys, "dotted in deployment, nested in run": dottedKeys,
	"dotted deep":          dottedKeys,
	"dotted under a value": dottedKeys, "dotted with index": dottedKeys,
	"prefect variable object": "a variable of Prefect is a text", "ulimit zero is dropped": "zeros are sent",
	"zeros and empties go": "zeros are sent",
}

const dottedKeys = "keys with dots are not taken apart"

// lackedBy2 are the labels and variables that prefect-aws 0.4 does not know: row prefect-2.
var lackedBy2 = []string{
	"prefect.io/work-pool-name", "prefect.io/work-pool-id", "prefect.io/worker-name",
	"prefect.io/degregister-task-definition",
	"PREFECT__WORKER_ID", "PREFECT__WORKER_NAME", "PREFECT__FLOW_ID", "PREFECT__FLOW_NAME",
	"PREFECT__DEPLOYMENT_ID", "PREFECT__DEPLOYMENT_NAME",
}

// deploymentUpdated is a time that 0.4 writes with Z, at the precision that it was given.
const deploymentUpdated = "prefect.io/deployment-updated"

func lessWhat2Lacks(tree any) any {
	switch tree := tree.(type) {
	case map[string]any:
		if _, whole := tree["register"]; whole {
			delete(tree, "name") // of the job: {{ ctx.* }} in it is filled in by 0.7 alone, and no request has it
		}
		for name, child := range tree {
			tree[name] = lessWhat2Lacks(child)
		}
	case []any:
		tree = slices.DeleteFunc(tree, func(item any) bool {
			pair, _ := item.(map[string]any)
			name, _ := pair["name"].(string)
			key, _ := pair["key"].(string)
			return key == deploymentUpdated || slices.Contains(lackedBy2, name) || slices.Contains(lackedBy2, key)
		})
		for i, item := range tree {
			tree[i] = lessWhat2Lacks(item)
		}
		return tree
	}
	return tree
}
