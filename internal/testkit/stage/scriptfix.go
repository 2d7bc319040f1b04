package stage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdFix does what the first problem of the last `ecsctl status` says fixes it, and
// nothing else:
//
//	fix
func cmdFix(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: fix")
	}
	for line := range strings.Lines(worldOf(ts).shown) {
		command, ok := strings.CutPrefix(strings.TrimSpace(line), "fix: ")
		if !ok {
			continue
		}
		if i := strings.Index(command, ", then: "); i >= 0 {
			command = command[i+len(", then: "):] // the script has done what comes before
		}
		ts.Logf("fixing with %s", command)
		for part := range strings.SplitSeq(command, " && ") {
			ts.Check(runFix(ts, strings.Fields(part)))
		}
		return
	}
	ts.Fatalf("status names nothing that fixes it")
}

func runFix(ts *testscript.TestScript, words []string) error {
	if words[0] == "ecsctl" {
		return ts.Exec("ecsctl", words[1:]...)
	}
	return worldOf(ts).CarryOut(words)
}

// CarryOut does what the command lines of Prefect and AWS would do.
func (w *World) CarryOut(words []string) error {
	line := strings.Join(words, " ")
	switch {
	case strings.HasPrefix(line, "prefect work-pool resume ") && len(words) == 4:
		return w.patch("/work_pools/" + words[3])
	case strings.HasPrefix(line, "prefect work-queue resume ") && len(words) == 6 && words[4] == "--pool":
		return w.patch("/work_pools/" + words[5] + "/queues/" + words[3])
	case strings.HasPrefix(line, "aws ecs "):
		return w.awsECS(words[2], words[3:])
	}
	return fmt.Errorf("this test knows no command %q", line)
}

// patch resumes a pool or a queue, as Prefect's command line does.
func (w *World) patch(path string) error {
	req, err := http.NewRequest(http.MethodPatch, w.Source.Prefect.URL+path, strings.NewReader(`{"is_paused": false}`))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		return errors.New("PATCH " + path + ": " + res.Status)
	}
	return nil
}

// awsECS does what the AWS CLI would do with these flags.
func (w *World) awsECS(operation string, flags []string) error {
	value := map[string]*string{}
	force := false
	for i := 0; i < len(flags); i++ {
		if flags[i] == "--force-new-deployment" {
			force = true
			continue
		}
		value[flags[i]] = aws.String(flags[i+1])
		i++
	}
	var err error
	switch operation {
	case "update-service":
		_, err = w.Source.ECS.UpdateService(context.Background(), &ecs.UpdateServiceInput{
			Cluster: value["--cluster"], Service: value["--service"], ForceNewDeployment: force,
		})
	case "stop-task":
		_, err = w.Source.ECS.StopTask(context.Background(), &ecs.StopTaskInput{
			Cluster: value["--cluster"], Task: value["--task"],
		})
	default:
		err = fmt.Errorf("this test knows no aws ecs %s", operation)
	}
	return err
}

// cmdStatus runs `ecsctl status --pool etl` with these flags until its exit code is the
// one that is wanted and its first problem, if one is named, is about that:
//
//	status healthy [FLAG...]
//	status ABOUT [FLAG...]
func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: status healthy|ABOUT [FLAG...]")
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ts.Exec("ecsctl", append([]string{"status", "--pool", "etl"}, args[1:]...)...)
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		shown := ts.ReadFile("stdout")
		worldOf(ts).shown = shown
		if statusIs(shown, args[0], err == nil) {
			return
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("the status does not become %s:\n%s", args[0], shown)
		case <-ticker.C:
		}
	}
}

func statusIs(shown, want string, healthy bool) bool {
	if want == "healthy" || healthy {
		return healthy == (want == "healthy")
	}
	for line := range strings.Lines(shown) {
		if rest, ok := strings.CutPrefix(line, "FAIL "); ok {
			return strings.HasPrefix(rest, want+": ")
		}
	}
	return false
}
