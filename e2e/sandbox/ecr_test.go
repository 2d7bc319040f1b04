//go:build e2e

package sandbox

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"ecsctl/e2e/peers"
)

const lifecycleRule = `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}]}`

// TestECRCommands types what people type for a registry of their own, with the real AWS
// CLI, and pushes with the password that it gets.
func TestECRCommands(t *testing.T) {
	w := newWorld(t, peers.Prefect3)
	awsCLI, err := peers.Program(peers.AWS, "aws")
	w.must(err)
	env := w.environ(filepath.Dir(awsCLI))
	ecr := func(args ...string) string {
		t.Helper()
		return strings.TrimSpace(w.run(env, append([]string{"aws", "ecr"}, args...)...))
	}
	uri := ecr("create-repository", "--repository-name", "prefect/flows", "--image-scanning-configuration",
		"scanOnPush=true",
		"--tags", "Key=team,Value=data", "--query", "repository.repositoryUri", "--output", "text")
	ecr("put-lifecycle-policy", "--repository-name", "prefect/flows", "--lifecycle-policy-text", lifecycleRule)
	password := ecr("get-login-password")
	img, err := random.Image(1024, 2)
	w.must(err)
	ref, err := name.ParseReference(uri + ":v1")
	w.must(err)
	w.must(remote.Write(ref, img, remote.WithAuth(&authn.Basic{Username: "AWS", Password: password})))
	digest, err := img.Digest()
	w.must(err)
	if got := ecr("describe-images", "--repository-name", "prefect/flows", "--query",
		"imageDetails[].[imageDigest,imageTags[0]]", "--output", "text"); got != digest.String()+"\tv1" {
		t.Errorf("describe-images: %s", got)
	}
	ecr("batch-delete-image", "--repository-name", "prefect/flows", "--image-ids", "imageTag=v1")
	ecr("delete-repository", "--repository-name", "prefect/flows")
	if got := ecr("describe-repositories", "--query", "length(repositories)"); got != "0" {
		t.Errorf("describe-repositories: %s", got)
	}
}
