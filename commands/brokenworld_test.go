package commands_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/internal/executable"
	"ecsctl/internal/testkit/stage"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// brokenPool is a pool whose worker works, until something is broken.
type brokenPool struct {
	*account
	images  string // where the programs of the images are
	route   *ec2.CreateRouteInput
	key     string                  // the person's
	revoked *atomic.Pointer[string] // a key that the Prefect server does not take any more
}

const newKey = "pnu_c4n4ryNewOne7hT2"

// newBrokenPool has a worker that is this program, in an image that stands in for the
// official one, so that nothing is built or pushed.
func newBrokenPool(t *testing.T) *brokenPool {
	t.Helper()
	p := &brokenPool{images: t.TempDir(), key: stage.Canary, revoked: &atomic.Pointer[string]{}}
	p.account = openAccount(t, sandbox.Options{Images: map[string]string{"prefecthq/*": p.images}, EnforceIAM: true})
	p.bring(p.images, "quick-worker", "python")
	p.guardPrefect()
	p.env = append(p.env, "ECSCTL_RUNTIME=prefect")
	p.heal()
	p.Run("bootstrap", "--pool", "etl", "--yes")
	p.await(statusCommand, "")
	p.await(verifyCommand, "")
	return p
}

// guardPrefect puts a door before the Prefect API that a revoked key does not open.
func (p *brokenPool) guardPrefect() {
	p.t.Helper()
	target, err := url.Parse(strings.TrimSuffix(p.Server.PrefectAPIURL(), "/api"))
	p.must(err)
	inner := httputil.NewSingleHostReverseProxy(target)
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if key := p.revoked.Load(); key != nil && r.Header.Get("Authorization") == "Bearer "+*key {
			http.Error(w, `{"exception_message": "Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	p.t.Cleanup(door.Close)
	p.env = append(p.env, "PREFECT_API_URL="+door.URL+"/api")
}

// heal gives the images the programs that work.
func (p *brokenPool) heal() {
	p.t.Helper()
	p.program("case \"$1\" in\nworker) exec quick-worker \"$@\" ;;\n*) exec quick-worker demo flow-run ;;\nesac")
}

func (p *brokenPool) program(script string) {
	p.t.Helper()
	file := filepath.Join(p.images, "prefect")
	p.must(executable.Write(file+".new", []byte("#!/bin/sh\n"+script+"\n")))
	p.must(os.Rename(file+".new", file)) // a shell may be reading the old one
}

// crash lets the worker's tasks end as soon as they begin.
func (p *brokenPool) crash() {
	p.program("echo reading the table\necho no such table: dragons\nexit 3")
	p.restart()
}

func (p *brokenPool) restart() {
	p.t.Helper()
	p.scale(0)
	p.eventually(p.limited(), "the service stops", func() bool { return p.running() == 0 })
	p.scale(1)
}

func (p *brokenPool) getStuck() {
	p.Server.AddFault(fault.Fault{
		Service: "ecs", Operation: fault.TaskOperation, Kind: fault.Latency, Latency: time.Hour, Times: 1,
	})
	p.restart()
}

// nameWrongImage does so for a new service: an old one ECS would take back to what it ran.
func (p *brokenPool) nameWrongImage() {
	p.aws("ecs", "DeleteService", "{Service: prefect-worker-etl, Force: true}")
	p.Run("bootstrap", "--pool", "etl", "--image", "example/typo:1", "--yes", noWait)
}

func (p *brokenPool) reachQuota() {
	p.scale(1)
	p.eventually(p.limited(), "one worker is left", func() bool { return p.running() == 1 })
	p.Server.AddQuota(fault.Quota{Service: "fargate", Operation: "vcpu", Burst: 1})
	p.scale(3) // half a vCPU each
}

func (p *brokenPool) raiseQuota() { p.Server.ClearQuotas() }

func (p *brokenPool) deleteWorkerRole() {
	p.aws("iam", "DeleteRolePolicy", "{RoleName: prefect-etl-eu-west-1-worker, PolicyName: prefect-worker}")
	p.aws("iam", "DeleteRole", "{RoleName: prefect-etl-eu-west-1-worker}")
}

func (p *brokenPool) deleteSecret() {
	p.aws("secretsmanager", "DeleteSecret", "{SecretId: prefect/etl/api-key, ForceDeleteWithoutRecovery: true}")
}

func (p *brokenPool) deleteCluster() {
	p.aws("ecs", "DeleteService", "{Service: prefect-worker-etl, Force: true}")
	p.eventually(p.limited(), "the cluster can be deleted", func() bool {
		_, err := p.Call(p.t.Context(), "ecs", "DeleteCluster", "{Cluster: default}")
		return err == nil
	})
}

func (p *brokenPool) scale(tasks int) {
	p.t.Helper()
	p.aws("ecs", "UpdateService", fmt.Sprintf("{Service: prefect-worker-etl, DesiredCount: %d}", tasks))
}

func (p *brokenPool) running() int {
	p.t.Helper()
	answer, err := p.Call(p.t.Context(), "ecs", "DescribeServices", "{Services: [prefect-worker-etl]}")
	p.must(err)
	count, err := stage.At(answer, "Services.0.RunningCount")
	p.must(err)
	var n int
	_, err = fmt.Sscan(count, &n)
	p.must(err)
	return n
}

// aws makes a call past the tap, as `aws` of the scripts does.
func (p *brokenPool) aws(service, operation, input string) {
	p.t.Helper()
	_, err := p.Call(p.t.Context(), service, operation, input)
	p.must(err)
}

func (p *brokenPool) revokeKey() {
	key := p.key
	p.revoked.Store(&key)
}

// useNewKey: a person makes a key in Prefect and sets it, each time the other of two.
func (p *brokenPool) useNewKey() {
	p.key = map[string]string{stage.Canary: newKey, newKey: stage.Canary}[p.key]
	p.env = append(p.env, "PREFECT_API_KEY="+p.key)
}

func (p *brokenPool) pause(path string) { p.prefect(http.MethodPatch, path, `{"is_paused": true}`) }

func (p *brokenPool) prefect(method, path, body string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.Server.PrefectAPIURL()+path,
		strings.NewReader(body))
	p.must(err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	p.must(err)
	defer res.Body.Close()
	if raw, _ := io.ReadAll(res.Body); res.StatusCode >= http.StatusBadRequest {
		p.t.Fatalf("%s %s: %s: %s", method, path, res.Status, raw)
	}
}

func (p *brokenPool) deleteRoute() {
	p.t.Helper()
	ctx, api := p.t.Context(), p.Source.EC2
	tables, err := api.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{})
	p.must(err)
	table := tables.RouteTables[0]
	i := slices.IndexFunc(table.Routes, func(r types.Route) bool {
		return aws.ToString(r.DestinationCidrBlock) == "0.0.0.0/0"
	})
	p.route = &ec2.CreateRouteInput{
		RouteTableId: table.RouteTableId, DestinationCidrBlock: aws.String("0.0.0.0/0"),
		GatewayId: table.Routes[i].GatewayId,
	}
	_, err = api.DeleteRoute(ctx, &ec2.DeleteRouteInput{
		RouteTableId: table.RouteTableId, DestinationCidrBlock: p.route.DestinationCidrBlock,
	})
	p.must(err)
}

func (p *brokenPool) createRoute() {
	p.t.Helper()
	_, err := p.Source.EC2.CreateRoute(p.t.Context(), p.route)
	p.must(err)
}

// fix carries out what a command says: the command in it, after what a person was to do
// before that. Without a command, the setting was all.
func (p *brokenPool) fix(text string, set bool) {
	p.t.Helper()
	text, _, _ = strings.Cut(text, "; ") // the best way is the first
	if _, after, ok := strings.Cut(text, "then: "); ok {
		text = after
	}
	for part := range strings.SplitSeq(text, " && ") {
		switch words := strings.Fields(part); {
		case len(words) > 2 && words[0] == "ecsctl":
			if words[1] == "bootstrap" && !slices.Contains(words, "--yes") {
				words = append(words, "--yes") // nobody is here to confirm
			}
			p.Run(words[1:]...)
		case strings.HasPrefix(part, "prefect work-"), strings.HasPrefix(part, "aws ecs "):
			p.must(p.CarryOut(words))
		case !set:
			p.t.Fatalf("this is no command: %q", part)
		}
	}
}
