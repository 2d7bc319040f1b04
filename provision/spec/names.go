package spec

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// maxRoleName is IAM's limit, the shortest of all the names (API_CreateRole).
const maxRoleName = 64

var (
	unsafeInName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)
	// TagValue is what IAM, the strictest service, takes as a tag value.
	TagValue = newNameRule(`[\p{L}\p{Z}\p{N}_.:/=+\-@]`, 256)
)

// InstanceRolePrefix begins the names of the roles that AmazonECSInfrastructureRolePolicyForManagedInstances passes on.
const InstanceRolePrefix = "ecsInstanceRole"

// DeriveNames gives the names of what belongs to a pool. Roles are global in an
// account, so they carry the region.
func DeriveNames(pool, region string) Names {
	slug := PoolSlug(pool, region)
	return Names{
		ExecutionRole: "prefect-" + slug + "-" + region + "-execution",
		WorkerRole:    "prefect-" + slug + "-" + region + "-worker",
		FlowRole:      "prefect-" + slug + "-" + region + "-flow",
		// No longer than the execution role's name, on which the length of the slug depends.
		FlowExecutionRole: "prefect-" + slug + "-" + region + "-flow-exec",

		InfrastructureRole: "prefect-" + slug + "-" + region + "-infra",
		// AWS's policy for the infrastructure role lets it pass roles whose names begin so, and no other.
		InstanceRole:     InstanceRolePrefix + "-" + slug + "-" + region,
		CapacityProvider: "prefect-" + slug,

		Family:        "prefect-worker-" + slug,
		Service:       "prefect-worker-" + slug,
		Secret:        "prefect/" + slug + "/api-key",
		LogGroup:      "/ecs/prefect/" + slug,
		Repository:    "prefect/" + repositorySlug(slug) + "/worker",
		SecurityGroup: "prefect-" + slug,

		FlowRepository: "prefect/" + repositorySlug(slug) + "/flows",

		Queue:           "prefect-" + slug,
		DeadLetterQueue: "prefect-" + slug + "-dead-letter",
		Rule:            "prefect-" + slug,
	}
}

// PoolSlug is the pool's name in a form that all AWS names can carry. A name that
// must be changed gets a hash of the original, so that two pools never meet.
func PoolSlug(pool, region string) string {
	room := maxRoleName - len("prefect--"+region+"-execution")
	slug := strings.Trim(unsafeInName.ReplaceAllString(pool, "-"), "-")
	if slug == pool && len(slug) <= room {
		return slug
	}
	sum := sha256.Sum256([]byte(pool))
	hash := hex.EncodeToString(sum[:])[:8]
	slug = slug[:min(len(slug), room-len(hash)-1)]
	if slug == "" {
		return hash
	}
	return strings.TrimRight(slug, "-") + "-" + hash
}

// maxBucketName is S3's limit ("Bucket naming rules").
const maxBucketName = 63

// BucketName gives the name of a pool's bucket. All accounts of AWS share the names of buckets,
// so it carries the account.
func BucketName(pool, region, account string) string {
	prefix := "prefect-bundles-" + account + "-" + region + "-"
	slug := repositorySlug(PoolSlug(pool, region))
	plain := strings.Trim(separators.ReplaceAllString(slug, "-"), "-")
	if plain == pool && len(prefix+plain) <= maxBucketName {
		return prefix + plain
	}
	sum := sha256.Sum256([]byte(pool))
	hash := hex.EncodeToString(sum[:])[:8]
	plain = plain[:min(len(plain), maxBucketName-len(prefix)-len(hash)-1)]
	return prefix + strings.TrimLeft(strings.TrimRight(plain, "-")+"-"+hash, "-")
}

// RepositoryPart is what ECR takes between two slashes (API_CreateRepository): no
// capitals, and single separators.
var RepositoryPart = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*$`)

var separators = regexp.MustCompile(`[._-]+`)

// repositorySlug is a pool's slug in a form that ECR takes; one that must be changed
// gets a hash, as in poolSlug.
func repositorySlug(slug string) string {
	if RepositoryPart.MatchString(slug) {
		return slug
	}
	sum := sha256.Sum256([]byte(slug))
	plain := strings.Trim(separators.ReplaceAllString(strings.ToLower(slug), "-"), "-")
	return strings.TrimLeft(plain+"-"+hex.EncodeToString(sum[:])[:8], "-")
}

// PoolTag is the value of the ownership tag: the pool's name where AWS takes it.
func PoolTag(pool, region string) string {
	if TagValue.MatchString(pool) {
		return pool
	}
	return PoolSlug(pool, region)
}

// Or fills the empty names from others.
func (n Names) Or(others Names) Names {
	n.ExecutionRole = cmp.Or(n.ExecutionRole, others.ExecutionRole)
	n.WorkerRole = cmp.Or(n.WorkerRole, others.WorkerRole)
	n.FlowRole = cmp.Or(n.FlowRole, others.FlowRole)
	n.FlowExecutionRole = cmp.Or(n.FlowExecutionRole, others.FlowExecutionRole)
	n.InfrastructureRole = cmp.Or(n.InfrastructureRole, others.InfrastructureRole)
	n.InstanceRole = cmp.Or(n.InstanceRole, others.InstanceRole)
	n.CapacityProvider = cmp.Or(n.CapacityProvider, others.CapacityProvider)
	n.Family = cmp.Or(n.Family, others.Family)
	n.Service = cmp.Or(n.Service, others.Service)
	n.Secret = cmp.Or(n.Secret, others.Secret)
	n.LogGroup = cmp.Or(n.LogGroup, others.LogGroup)
	n.Repository = cmp.Or(n.Repository, others.Repository)
	n.FlowRepository = cmp.Or(n.FlowRepository, others.FlowRepository)
	n.SecurityGroup = cmp.Or(n.SecurityGroup, others.SecurityGroup)
	n.Queue = cmp.Or(n.Queue, others.Queue)
	n.DeadLetterQueue = cmp.Or(n.DeadLetterQueue, others.DeadLetterQueue)
	n.Rule = cmp.Or(n.Rule, others.Rule)
	n.Bucket = cmp.Or(n.Bucket, others.Bucket)
	return n
}
