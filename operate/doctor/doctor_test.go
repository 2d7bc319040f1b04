package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"ecsctl/internal/testkit/patient"
	"ecsctl/operate"
	"ecsctl/operate/doctor"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// want asserts the outcome of a check and what its reason and fix say.
func want(t *testing.T, found map[string]operate.Check, name string, status operate.CheckStatus, says, fix string) {
	t.Helper()
	c := found[name]
	if c.Status != status || !strings.Contains(c.Reason, says) || !strings.Contains(c.Fix, fix) {
		t.Errorf("%s: got %s %q, fix %q; want %s %q, fix %q", name, c.Status, c.Reason, c.Fix, status, says, fix)
	}
}

// wantSound asserts that a check has no complaint.
func wantSound(t *testing.T, found map[string]operate.Check, names ...string) {
	t.Helper()
	for _, name := range names {
		want(t, found, name, operate.CheckOK, "", "")
	}
}

// allChecks but that of the image, whose registry is not of this machine.
var allChecks = []string{
	"AWS credentials", "clock", "AWS region", "AWS permissions", "network", "Fargate quota",
	"Prefect version", "Prefect clock", "Prefect credentials", "work pool", "worker's API key",
}

func ownImage(t *testing.T, p *patient.Patient) string {
	t.Helper()
	client := ecr.NewFromConfig(p.Cfg)
	if _, err := client.CreateRepository(t.Context(),
		&ecr.CreateRepositoryInput{RepositoryName: aws.String("flows")}); err != nil {
		t.Fatal(err)
	}
	return "123456789012.dkr.ecr." + patient.PatientRegion + ".amazonaws.com/flows:v1"
}

const everything = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`

func TestDoctorOfASoundPool(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{EnforceIAM: true})
	p.Bootstrap()
	found := p.Examine(p.As(p.User("admin", everything)))
	wantSound(t, found, allChecks...)

	// This machine's own address is right in a sandbox on it, and wrong in AWS.
	want(t, found, "Prefect API", operate.CheckOK, " answers", "")
	admin := p.As(p.User("another", everything))
	found = p.Examine(func(o *doctor.DoctorOptions) {
		admin(o)
		o.Clients.Endpoint = ""
	})
	want(t, found, "Prefect API", operate.CheckWarn, "this machine's own address", "--prefect-api-url")
}

// Before bootstrap there is nothing to look at yet, which is no complaint.
func TestDoctorBeforeBootstrap(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	p.Spec.Worker = spec.Worker{}
	found := p.Examine(nil)
	want(t, found, "work pool", operate.CheckOK, `there is no "etl" yet`, "")
	want(t, found, "worker image", operate.CheckOK, "bootstrap makes it", "")
	want(t, found, "worker's API key", operate.CheckSkip, "there is no secret", "")
	wantSound(t, found, "AWS credentials", "clock", "AWS region", "network", "Fargate quota", "Prefect credentials")
	p.Spec.Pool = ""
	want(t, p.Examine(nil), "work pool", operate.CheckSkip, "no --pool is given", "")
}

func TestDoctorKeyRevoked(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	p.Bootstrap()
	old := patient.PatientKey
	p.Revoked.Store(&old)
	found := p.Examine(nil)
	want(t, found, "Prefect credentials", operate.CheckFail, "refused the API key (401)", "PREFECT_API_KEY")
	want(t, found, "worker's API key", operate.CheckFail, `the key in secret "prefect/etl/api-key" does not work`,
		"ecsctl bootstrap --pool etl")

	// The caller's new key works; the worker still has the old one.
	p.Key = "pnu_new"
	found = p.Examine(nil)
	wantSound(t, found, "Prefect credentials")
	want(t, found, "worker's API key", operate.CheckFail, "does not work", "ecsctl bootstrap --pool etl")
	p.Bootstrap()
	wantSound(t, p.Examine(nil), "worker's API key")
}

func TestDoctorSecretDeleted(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	p.Bootstrap()
	_, err := secretsmanager.NewFromConfig(p.Cfg).DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: aws.String("prefect/etl/api-key"), ForceDeleteWithoutRecovery: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, p.Examine(nil), "worker's API key", operate.CheckFail, "is gone", "ecsctl bootstrap --pool etl")
	p.Bootstrap()
	wantSound(t, p.Examine(nil), "worker's API key")
}

func TestDoctorNoWayOut(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	p.Bootstrap()
	ctx := t.Context()
	tables, err := p.Ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{})
	if err != nil {
		t.Fatal(err)
	}
	table, vpc := tables.RouteTables[0].RouteTableId, tables.RouteTables[0].VpcId
	all := aws.String("0.0.0.0/0")
	i := slices.IndexFunc(tables.RouteTables[0].Routes, func(r types.Route) bool {
		return aws.ToString(r.DestinationCidrBlock) == *all
	})
	gateway := tables.RouteTables[0].Routes[i].GatewayId
	if _, err := p.Ec2.DeleteRoute(ctx, &ec2.DeleteRouteInput{
		RouteTableId: table, DestinationCidrBlock: all,
	}); err != nil {
		t.Fatal(err)
	}
	found := p.Examine(nil)
	want(t, found, "network", operate.CheckFail, "its route table "+*table+" has no default route",
		"add a route 0.0.0.0/0")
	want(t, found, "network", operate.CheckFail,
		"has no endpoint for ecr.api, ecr.dkr, s3, logs, ecs, ec2, secretsmanager, sqs", "make the endpoints")

	for _, service := range []string{"ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager", "ecs", "ec2", "sqs"} {
		in := &ec2.CreateVpcEndpointInput{
			VpcId: vpc, ServiceName: aws.String("com.amazonaws." + patient.PatientRegion + "." + service),
			VpcEndpointType: types.VpcEndpointTypeInterface,
		}
		if _, err := p.Ec2.CreateVpcEndpoint(ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	want(t, p.Examine(nil), "network", operate.CheckWarn, "the VPC has an endpoint for each service", "inside the VPC")
	if _, err := p.Ec2.CreateRoute(ctx, &ec2.CreateRouteInput{
		RouteTableId: table, DestinationCidrBlock: all, GatewayId: gateway,
	}); err != nil {
		t.Fatal(err)
	}
	wantSound(t, p.Examine(nil), "network")
}

func TestDoctorImageMissing(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	p.Spec.Worker.Image = "123456789012.dkr.ecr." + patient.PatientRegion + ".amazonaws.com/flows:v1"
	want(t, p.Examine(nil), "worker image", operate.CheckFail,
		`there is no ECR repository "flows" in account 123456789012`, "push it")
	p.Spec.FlowRuns.Image = ownImage(t, p)
	want(t, p.Examine(nil), "flow run image", operate.CheckFail, `ECR repository "flows" has no image "v1"`, "push it")
	p.Spec.Worker.Image = "Not An Image"
	want(t, p.Examine(nil), "worker image", operate.CheckFail, "is not the name of an image", "--image")
	p.PushImage("flows", "v1")
	wantSound(t, p.Examine(nil), "flow run image")
}

func TestDoctorOtherRegistries(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	status := http.StatusNotFound
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/v2/":
		case status == http.StatusOK:
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			w.Header().Set("Docker-Content-Digest", "sha256:"+strings.Repeat("0", 64))
			w.Header().Set("Content-Length", "2")
		default:
			w.WriteHeader(status)
		}
	}))
	defer registry.Close()
	p.Spec.Worker.Image = strings.TrimPrefix(registry.URL, "http://") + "/team/worker:1"
	want(t, p.Examine(nil), "worker image", operate.CheckFail, "is not there, or is private (404)", "push it")
	status = http.StatusTooManyRequests
	want(t, p.Examine(nil), "worker image", operate.CheckWarn, "answered 429", "try again later")
	status = http.StatusOK
	wantSound(t, p.Examine(nil), "worker image")
	p.Spec.Worker.Image = "127.0.0.1:1/worker:1"
	want(t, p.Examine(nil), "worker image", operate.CheckWarn, "cannot be asked from here", "keep the image in ECR")
}

func TestDoctorQuotaReached(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t,
		sandbox.Options{Quotas: []fault.Quota{{Service: "fargate", Operation: "vcpu", Burst: 6}}})
	wantSound(t, p.Examine(nil), "Fargate quota")
	p.Spec.FlowRuns.CPU, p.Spec.Worker.CPU = 4096, 1024
	want(t, p.Examine(nil), "Fargate quota", operate.CheckWarn, "the worker and a flow run need 5", "smaller tasks")
	p.Spec.FlowRuns.CPU = 8192
	want(t, p.Examine(nil), "Fargate quota", operate.CheckFail, "the worker and a flow run need 9", "Service Quotas")
	p.Spec.FlowRuns.LaunchType = "FARGATE_SPOT" // has a quota of its own
	wantSound(t, p.Examine(nil), "Fargate quota")
	p.Server.AddFault(fault.Fault{Service: "servicequotas", Kind: fault.AccessDenied, Times: -1})
	want(t, p.Examine(nil), "Fargate quota", operate.CheckSkip, "AWS refused servicequotas:GetServiceQuota", "")
}

func TestDoctorWrongRegion(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	p.Bootstrap()
	elsewhere := p.Cfg.Copy()
	elsewhere.Region = "us-west-2"
	found := p.Examine(p.As(elsewhere))
	want(t, found, "network", operate.CheckSkip, "see AWS region", "")
	want(t, found, "AWS region", operate.CheckFail,
		`work pool "etl" was set up in region eu-west-1, and this is us-west-2`, "--region eu-west-1")
	p.Spec.Pool = "other" // where ECS does not answer
	want(t, p.Examine(p.As(elsewhere)), "AWS region", operate.CheckFail,
		`failed to ask ECS in the region "us-west-2"`, "--region")
}

func TestDoctorPermissionMissing(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{EnforceIAM: true})
	const most = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
		{"Effect": "Deny", "Action": ["iam:CreateRole", "ec2:CreateSecurityGroup"], "Resource": "*"}]}`
	found := p.Examine(p.As(p.User("most", most)))
	want(t, found, "AWS permissions", operate.CheckFail,
		"user/most may not do what bootstrap needs: ec2:CreateSecurityGroup, iam:CreateRole",
		"a policy of the caller's denies ec2:CreateSecurityGroup, iam:CreateRole explicitly")
	const fewer = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotAction": "iam:CreateRole", "Resource": "*"}]}`
	want(t, p.Examine(p.As(p.User("fewer", fewer))), "AWS permissions", operate.CheckFail,
		"user/fewer may not do what bootstrap needs: iam:CreateRole",
		"MakeRoles of `ecsctl policy bootstrap --pool etl`")
	const blind = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
		{"Effect": "Deny", "Action": ["iam:SimulatePrincipalPolicy", "ec2:Describe*"], "Resource": "*"}]}`
	found = p.Examine(p.As(p.User("blind", blind)))
	want(t, found, "AWS permissions", operate.CheckSkip, "AWS refused iam:SimulatePrincipalPolicy", "")
	want(t, found, "network", operate.CheckSkip, "AWS refused ec2:Describe", "")
}

// The permissions that are asked for are those of the calls that bootstrap makes.
func TestDoctorAsksForWhatBootstrapDoes(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{EnforceIAM: true})
	const ask = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy", "Resource": "*"}]}`
	asked := p.Examine(p.As(p.User("nobody", ask)))["AWS permissions"].Reason
	p.Server.ForgetCalls()
	p.Bootstrap()
	p.Bootstrap()
	for _, call := range p.Server.Calls() {
		if call.Service == "sts" || call.Service == "iam" && call.Operation == "CreateUser" ||
			call.Operation == "DescribeVpcEndpoints" { // its right is an optional one
			continue
		}
		if !regexp.MustCompile(regexp.QuoteMeta(call.String()) + `\b`).MatchString(asked) {
			t.Errorf("bootstrap calls %s, which the doctor does not ask for", call)
		}
	}
}

func TestDoctorClockSkew(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	target, err := url.Parse(p.Server.URL())
	if err != nil {
		t.Fatal(err)
	}
	off := 2 * time.Minute
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Header.Set("Date", time.Now().Add(-off).UTC().Format(http.TimeFormat))
		return nil
	}
	server := httptest.NewServer(proxy)
	defer server.Close()
	cfg := p.Config(sandbox.AccessKeyID, server.URL)
	want(t, p.Examine(p.As(cfg)), "clock", operate.CheckWarn, "clock is 2m", "timedatectl")
	off = -10 * time.Minute
	want(t, p.Examine(p.As(cfg)), "clock", operate.CheckFail, "AWS refuses what is signed more than 5 minutes off",
		"timedatectl")
}

func TestDoctorServersClock(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	target, err := url.Parse(p.Server.URL())
	if err != nil {
		t.Fatal(err)
	}
	off := 2 * time.Minute
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Header.Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
		return nil
	}
	server := httptest.NewServer(proxy)
	defer server.Close()
	through := func(o *doctor.DoctorOptions) {
		o.Prefect = p.API(server.URL + strings.TrimPrefix(p.Server.PrefectAPIURL(), p.Server.URL()))
	}
	want(t, p.Examine(through), "Prefect clock", operate.CheckWarn, "ahead of this machine's", "timedatectl")
	off = -2 * time.Minute
	want(t, p.Examine(through), "Prefect clock", operate.CheckWarn, "behind this machine's", "timedatectl")
}

func TestDoctorCredentialsExpired(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	found := p.Examine(p.As(p.Config("EXPIRED", p.Server.URL())))
	want(t, found, "AWS credentials", operate.CheckFail, "the AWS credentials have expired", "aws sso login")
	want(t, found, "network", operate.CheckSkip, "see AWS credentials", "")
	wantSound(t, found, "clock", "Prefect credentials") // a refusal has a date too
}

func TestDoctorPrefectUnreachable(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	p.Bootstrap()
	found := p.Examine(func(o *doctor.DoctorOptions) {
		o.Prefect = p.API("http://127.0.0.1:1/api")
		o.Clients.Prefect = o.Prefect
	})
	want(t, found, "Prefect API", operate.CheckFail, "cannot be reached", "PREFECT_API_URL")
	want(t, found, "Prefect credentials", operate.CheckSkip, "see Prefect API", "")
	want(t, found, "worker's API key", operate.CheckSkip, "see Prefect API", "")
	wantSound(t, found, "AWS credentials", "AWS region", "network", "Fargate quota")
}

func TestDoctorOfABrandNewAccount(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	p.Server.AddFault(fault.Fault{Service: "iam", Operation: fault.LinkedRoleOperation, Kind: fault.Unseen, Times: -1})
	found := p.Examine(nil)
	want(t, found, "ECS's own role", operate.CheckWarn, "no service-linked role AWSServiceRoleForECS yet",
		provision.MakeLinkedRole)
}
