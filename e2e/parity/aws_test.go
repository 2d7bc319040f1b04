//go:build e2e

package parity

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"ecsctl/sandbox"
)

// account is a stand-in for AWS, in place of moto: it refuses what AWS refuses. What the
// official worker sends and ours does not must be refused there.
type account struct {
	url     string
	secret  string
	subnets []string // that tasks may run in
}

// otherwise is a task definition for requests whose own was refused, or is not known.
const otherwise = `{"family": "other", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "512", "memory": "1024",
	"containerDefinitions": [{"name": "prefect", "image": "i"}]}`

func newAccount(t *testing.T) *account {
	t.Helper()
	server, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	a := &account{url: server.URL(), secret: server.SecretAccessKey()}
	subnets, err := ec2.NewFromConfig(server.Config()).DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{})
	if err != nil || len(subnets.Subnets) == 0 {
		t.Fatalf("the sandbox has no subnets: %v", err)
	}
	a.subnets = []string{*subnets.Subnets[0].SubnetId}
	for action, body := range map[string]string{"CreateCluster": `{}`, "RegisterTaskDefinition": otherwise} {
		if refusal := a.call(t, action, []byte(body)); refusal != "" {
			t.Fatal(refusal)
		}
	}
	return a
}

// refuses says why AWS does not take the requests, or is empty.
func (a *account) refuses(t *testing.T, r *requests) string {
	t.Helper()
	if r.Register != nil {
		if refusal := a.send(t, "RegisterTaskDefinition", r.Register); refusal != "" {
			return refusal
		}
	}
	run := map[string]any{}
	for name, value := range r.Run {
		run[name] = value
	}
	run["taskDefinition"], run["cluster"] = "other", "default"
	if config, ok := run["networkConfiguration"].(map[string]any); ok {
		run["networkConfiguration"] = a.inOurSubnet(config)
	}
	return a.send(t, "RunTask", run)
}

// inOurSubnet is the configuration with a subnet that this account has, and no groups.
func (a *account) inOurSubnet(config map[string]any) map[string]any {
	vpc, ok := config["awsvpcConfiguration"].(map[string]any)
	if !ok {
		return config
	}
	changed := map[string]any{}
	for name, value := range vpc {
		changed[name] = value
	}
	delete(changed, "securityGroups")
	if list, ok := vpc["subnets"].([]any); ok && len(list) > 0 {
		changed["subnets"] = a.subnets
	}
	return map[string]any{"awsvpcConfiguration": changed}
}

func (a *account) send(t *testing.T, action string, body map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return a.call(t, action, raw)
}

func (a *account) call(t *testing.T, action string, body []byte) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113."+action)
	sum := sha256.Sum256(body)
	own := aws.Credentials{AccessKeyID: sandbox.AccessKeyID, SecretAccessKey: a.secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), own, request, hex.EncodeToString(sum[:]), "ecs", "us-east-1",
		time.Now()); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode == http.StatusOK {
		return failureIn(answer)
	}
	return fmt.Sprintf("%s: %d %s", action, response.StatusCode, answer)
}

// failureIn is what RunTask's answer says instead of a task.
func failureIn(answer []byte) string {
	var told struct {
		Failures []struct{ Reason string } `json:"failures"`
	}
	if json.Unmarshal(answer, &told) != nil || len(told.Failures) == 0 {
		return ""
	}
	return "RunTask: " + told.Failures[0].Reason
}
