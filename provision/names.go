package provision

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// maxRoleName is IAM's limit, the shortest of all the names (API_CreateRole).
const maxRoleName = 64

var (
	unsafeInName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)
	// tagValue is what IAM, the strictest service, takes as a tag value.
	tagValue = newNameRule(`[\p{L}\p{Z}\p{N}_.:/=+\-@]`, 256)
)

// deriveNames gives the names of what belongs to a pool. Roles are global in an
// account, so they carry the region.
func deriveNames(pool, region string) Names {
	slug := poolSlug(pool, region)
	return Names{
		ExecutionRole: "prefect-" + slug + "-" + region + "-execution",
		WorkerRole:    "prefect-" + slug + "-" + region + "-worker",
		FlowRole:      "prefect-" + slug + "-" + region + "-flow",
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

// poolSlug is the pool's name in a form that all AWS names can carry. A name that
// must be changed gets a hash of the original, so that two pools never meet.
func poolSlug(pool, region string) string {
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

// repositoryPart is what ECR takes between two slashes (API_CreateRepository): no
// capitals, and single separators.
var repositoryPart = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*$`)

var separators = regexp.MustCompile(`[._-]+`)

// repositorySlug is a pool's slug in a form that ECR takes; one that must be changed
// gets a hash, as in poolSlug.
func repositorySlug(slug string) string {
	if repositoryPart.MatchString(slug) {
		return slug
	}
	sum := sha256.Sum256([]byte(slug))
	plain := strings.Trim(separators.ReplaceAllString(strings.ToLower(slug), "-"), "-")
	return strings.TrimLeft(plain+"-"+hex.EncodeToString(sum[:])[:8], "-")
}

// poolTag is the value of the ownership tag: the pool's name where AWS takes it.
func poolTag(pool, region string) string {
	if tagValue.MatchString(pool) {
		return pool
	}
	return poolSlug(pool, region)
}

// chosenNames are the names of the Spec when any is other than derived, else nil.
func (w *world) chosenNames() *Names {
	if w.spec.Names == deriveNames(w.spec.Pool, w.spec.Region) {
		return nil
	}
	names := w.spec.Names
	return &names
}

// or fills the empty names from others.
func (n Names) or(others Names) Names {
	orString(&n.ExecutionRole, others.ExecutionRole)
	orString(&n.WorkerRole, others.WorkerRole)
	orString(&n.FlowRole, others.FlowRole)
	orString(&n.Family, others.Family)
	orString(&n.Service, others.Service)
	orString(&n.Secret, others.Secret)
	orString(&n.LogGroup, others.LogGroup)
	orString(&n.Repository, others.Repository)
	orString(&n.FlowRepository, others.FlowRepository)
	orString(&n.SecurityGroup, others.SecurityGroup)
	orString(&n.Queue, others.Queue)
	orString(&n.DeadLetterQueue, others.DeadLetterQueue)
	orString(&n.Rule, others.Rule)
	return n
}
