package spec

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"ecsctl/internal/fargate"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// InsightsValues are those of the cluster setting containerInsights (API_ClusterSetting).
var InsightsValues = []string{"enabled", "enhanced", "disabled"}

// Architectures are those of Fargate.
var Architectures = []string{fargate.ArchitectureX86, fargate.ArchitectureARM}

// PublicIPValues are those of Network.AssignPublicIP.
var PublicIPValues = []string{PublicIPAuto, PublicIPEnabled, PublicIPDisabled}

// RetentionDays are the values that CloudWatch Logs takes (API_PutRetentionPolicy).
var RetentionDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
	2922, 3288, 3653}

// LaunchTypes are those that the work pool's template accepts.
var LaunchTypes = []string{"FARGATE", "EC2", "EXTERNAL", "FARGATE_SPOT"}

// What AWS takes as names (IAM, ECS, Secrets Manager, CloudWatch Logs, EC2, SQS, EventBridge).
var (
	roleName      = newNameRule(`[\w+=,.@-]`, maxRoleName)
	ECSName       = newNameRule(`[A-Za-z0-9_-]`, 255)
	secretName    = newNameRule(`[A-Za-z0-9/_+=.@-]`, 512)
	logGroupName  = newNameRule(`[A-Za-z0-9_/.#-]`, 512)
	bucketName    = newNameRule(`[a-z0-9-]`, maxBucketName)
	queueName     = newNameRule(`[A-Za-z0-9_-]`, 80)
	ruleName      = newNameRule(`[.\-_A-Za-z0-9]`, 64)
	repoName      = newNameRule(`[a-z0-9/._-]`, 256)
	groupName     = newNameRule(`[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]`, 255)
	familyPattern = newNameRule(`[A-Za-z0-9_*?-]`, 255)
)

// Validate checks a Spec with its defaults filled in, before any call is made.
// The error joins one error for each thing that is wrong.
func (s Spec) Validate() error {
	return errors.Join(slices.Concat([]error{s.CheckPool()}, s.checkNames(), s.checkWorker(), s.checkFlowRuns(),
		s.checkRest(), []error{s.CheckOf()})...)
}

// CheckPool checks the pool's name, for which no default is needed.
func (s Spec) CheckPool() error {
	if s.Pool == "" {
		return errors.New("no work pool given: name it with --pool")
	}
	// The characters that Prefect refuses (prefect/types/names.py).
	if strings.ContainsAny(s.Pool, `/%&><`) || strings.TrimSpace(s.Pool) == "" {
		return fmt.Errorf("pool %q: a name in Prefect must not be blank or contain any of / %% & < >", s.Pool)
	}
	// The server keeps these for itself (prefect/server/api/workers.py).
	if strings.HasPrefix(strings.ToLower(s.Pool), "prefect") {
		return fmt.Errorf("pool %q: Prefect keeps names that begin with \"prefect\" for itself", s.Pool)
	}
	return nil
}

func (s Spec) checkNames() []error {
	var errs []error
	check := func(what, name string, pattern nameRule) {
		if !pattern.MatchString(name) {
			errs = append(errs, fmt.Errorf("%s %q: AWS does not allow this name (it must match %s)", what,
				name, pattern))
		}
	}
	checkRole := func(what, name string) {
		if IsARN(name) {
			errs = append(errs, CheckARN(what, name, "iam", "role/")...)
			return
		}
		check(what, name, roleName)
	}
	checkRole("execution role", s.Names.ExecutionRole)
	checkRole("worker role", s.Names.WorkerRole)
	check("flow role", s.Names.FlowRole, roleName)
	check("flow execution role", s.Names.FlowExecutionRole, roleName)
	check("infrastructure role", s.Names.InfrastructureRole, roleName)
	check("instance role", s.Names.InstanceRole, roleName)
	check("capacity provider", s.Names.CapacityProvider, ECSName)
	errs = append(errs, s.Roles.check()...)
	check("task definition family", s.Names.Family, ECSName)
	check("service", s.Names.Service, ECSName)
	check("secret", s.Names.Secret, secretName)
	check("log group", s.Names.LogGroup, logGroupName)
	check("repository", s.Names.Repository, repoName)
	check("repository of flows", s.Names.FlowRepository, repoName)
	check("security group", s.Names.SecurityGroup, groupName)
	check("queue", s.Names.Queue, queueName)
	check("dead-letter queue", s.Names.DeadLetterQueue, queueName)
	check("event rule", s.Names.Rule, ruleName)
	if s.Names.Bucket != "" {
		check("bucket", s.Names.Bucket, bucketName)
	}
	if s.Names.Queue == s.Names.DeadLetterQueue {
		errs = append(errs, fmt.Errorf("queue %q is also the dead-letter queue: give them two names", s.Names.Queue))
	}
	if IsARN(s.Cluster) {
		return append(errs, CheckARN("cluster", s.Cluster, "ecs", "cluster/")...)
	}
	check("cluster", s.Cluster, ECSName)
	return errs
}

// rolePath is what IAM takes (API_CreateRole, Path), without the characters that mean
// something else in a policy.
var rolePath = regexp.MustCompile(`^/([\w+=,.@-]+/)*$`)

func (r Roles) check() []error {
	var errs []error
	if r.Boundary != "" {
		errs = append(errs, CheckARN("boundary", r.Boundary, "iam", "policy/")...)
	}
	if r.Path != "" && (!rolePath.MatchString(r.Path) || len(r.Path) > 512) {
		errs = append(errs, fmt.Errorf("role-path %q: a path begins and ends with /, such as /team/", r.Path))
	}
	return errs
}

func (s Spec) checkWorker() []error {
	w := s.Worker
	errs := oneOf("runtime", w.Runtime, RuntimeNames()...)
	errs = append(errs, oneOf("architecture", w.Architecture, Architectures...)...)
	errs = append(errs, oneOf("assign-public-ip", s.Network.AssignPublicIP, PublicIPValues...)...)
	if err := fargate.CheckSize(w.CPU, w.Memory); err != nil {
		errs = append(errs, fmt.Errorf("worker: %w", err))
	}
	if w.DesiredCount != nil && *w.DesiredCount < 0 {
		errs = append(errs, fmt.Errorf("desired-count %d: give a number of workers, 0 or more", *w.DesiredCount))
	}
	if w.StopTimeout < 0 || w.StopTimeout > 120 {
		errs = append(errs, fmt.Errorf("stop-timeout %d: Fargate gives a container 1 to 120 seconds", w.StopTimeout))
	}
	errs = append(errs, checkEnv("worker-env", slices.Sorted(maps.Keys(w.Env)))...)
	for _, name := range []string{"PREFECT_API_URL", "GOMEMLIMIT"} {
		if _, ok := w.Env[name]; ok {
			errs = append(errs, fmt.Errorf("worker-env: %s is bootstrap's to set", name))
		}
	}
	if s.FallsBackFromSpot() && w.Runtime == RuntimePrefect {
		errs = append(errs, errors.New(
			"spot-fallback: the official worker has no such setting; take the runtime ecsctl"))
	}
	if w.Limit != nil && *w.Limit < 1 {
		errs = append(errs, fmt.Errorf("limit %d: give a number of flow runs, 1 or more", *w.Limit))
	}
	return errs
}

func (s Spec) checkFlowRuns() []error {
	f := s.FlowRuns
	var errs []error
	if f.LaunchType != "" {
		errs = append(errs, oneOf("flow-run-launch-type", f.LaunchType, LaunchTypes...)...)
	}
	if (f.LaunchesAs() == "" || strings.HasPrefix(f.LaunchesAs(), "FARGATE")) && (f.CPU != 0 || f.Memory != 0) {
		// The official worker's defaults stand in for the missing one (prefect_aws ecs_worker.py).
		cpu, memory := f.CPU, f.Memory
		cpu = cmp.Or(cpu, 1024)
		memory = cmp.Or(memory, 2048)
		if err := fargate.CheckSize(cpu, memory); err != nil {
			errs = append(errs, fmt.Errorf("flow runs: %w", err))
		}
	}
	if f.ExecutionRole != "" {
		errs = append(errs, CheckARN("flow-run-execution-role", f.ExecutionRole, "iam", "role/")...)
	}
	if f.TaskRole != "" {
		errs = append(errs, CheckARN("flow-run-task-role", f.TaskRole, "iam", "role/")...)
	}
	if f.TaskRole != "" && f.PolicyFile != "" {
		errs = append(errs, errors.New("flow-policy is for the task role that is made, and flow-run-task-role names "+
			"another: give one of the two"))
	}
	for _, policy := range f.PolicyARNs {
		errs = append(errs, CheckARN("flow-policy-arn", policy, "iam", "policy/")...)
	}
	if f.TaskRole != "" && len(f.PolicyARNs) > 0 {
		errs = append(errs, errors.New("flow-policy-arn is for the task role that is made, and flow-run-task-role "+
			"names another: give one of the two"))
	}
	errs = append(errs, f.checkCapacity()...)
	errs = append(errs, f.checkJobVariables()...)
	for _, family := range f.Families {
		if !familyPattern.MatchString(family) {
			errs = append(errs, fmt.Errorf("flow-run-family %q: a task definition family has letters, digits, - and "+
				"_, and * or ? to match several", family))
		}
	}
	return errs
}

func (s Spec) checkRest() []error {
	var errs []error
	if s.ContainerInsights != "" {
		errs = append(errs, oneOf("container-insights", s.ContainerInsights, InsightsValues...)...)
	}
	if !slices.Contains(RetentionDays, s.LogRetentionDays) {
		errs = append(errs, fmt.Errorf("log-retention %d: CloudWatch Logs keeps for one of %s days", s.LogRetentionDays,
			strings.Trim(fmt.Sprint(RetentionDays), "[]")))
	}
	if u := s.Prefect.APIURL; u != "" {
		if parsed, err := url.Parse(u); err != nil || parsed.Host == "" || parsed.User != nil {
			errs = append(errs, errors.New(
				"prefect-api-url is not of the form https://HOST/api (and has neither a user nor a password)"))
		}
	}
	if secret := s.Prefect.APIKeySecret; secret != "" {
		errs = append(errs, checkSecret("prefect-api-key-secret", secret)...)
	}
	return slices.Concat(errs, s.checkTags(), s.Network.check())
}

// What AWS takes (ECS API, AwsVpcConfiguration; 50 tags on a resource of any service, of
// which two are ours).
const (
	MaxSubnets        = 16
	MaxSecurityGroups = 5
	maxTags           = 48
)

func (n Network) check() []error {
	var errs []error
	if len(n.Subnets) > MaxSubnets {
		errs = append(errs, fmt.Errorf("%d subnets: ECS accepts %d at most: name fewer, best of several zones",
			len(n.Subnets), MaxSubnets))
	}
	if len(n.SecurityGroups) > MaxSecurityGroups {
		errs = append(errs, fmt.Errorf("%d security groups: ECS accepts %d at most", len(n.SecurityGroups),
			MaxSecurityGroups))
	}
	return errs
}

func (s Spec) checkTags() []error {
	var errs []error
	if len(s.Tags) > maxTags {
		errs = append(errs, fmt.Errorf(
			"%d tags: AWS allows 50 on a resource, of which ecsctl uses two: name %d at most",
			len(s.Tags), maxTags))
	}
	folded := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
		errs = append(errs, checkTag(key, s.Tags[key])...)
		lower := strings.ToLower(key)
		if other, ok := folded[lower]; ok {
			errs = append(errs, fmt.Errorf("tags %q and %q: IAM does not allow two keys that differ only in case",
				other, key))
		}
		folded[lower] = key
	}
	return errs
}

func checkTag(key, value string) []error {
	lower := strings.ToLower(key)
	switch {
	case strings.HasPrefix(lower, "aws:"), strings.HasPrefix(lower, "ecsctl:"):
		return []error{fmt.Errorf("tag %q: keys that begin with aws: or ecsctl: are reserved", key)}
	case len(key) > 128 || !TagValue.MatchString(key):
		return []error{fmt.Errorf("tag %q: a key has 1 to 128 letters, digits, spaces and _.:/=+-@", key)}
	case value != "" && !TagValue.MatchString(value):
		return []error{fmt.Errorf("tag %q: its value may have up to 256 letters, digits, spaces and _.:/=+-@", key)}
	}
	return nil
}

func oneOf(what, value string, allowed ...string) []error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return []error{fmt.Errorf("%s %q: use one of %s", what, value, strings.Join(allowed, ", "))}
}

// IsARN reports whether s is an ARN.
func IsARN(s string) bool { return arn.IsARN(s) }

// CheckARN returns an error unless value is the ARN of such a resource of the service.
func CheckARN(what, value, service, resourcePrefix string) []error {
	parsed, err := arn.Parse(value)
	if err == nil && parsed.Service == service && strings.HasPrefix(parsed.Resource, resourcePrefix) {
		return nil
	}
	return []error{fmt.Errorf("%s %q is not the ARN of a %s %s", what, value, service,
		strings.TrimRight(resourcePrefix, "/:"))}
}
