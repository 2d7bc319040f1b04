package operate_test

import (
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
)

// pushImage pushes an image into the sandbox's registry.
func (p *patient) pushImage(repository, tag string) {
	p.t.Helper()
	client := ecr.NewFromConfig(p.cfg)
	ctx := p.t.Context()
	found, err := client.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{repository}})
	if err != nil {
		p.t.Fatal(err)
	}
	token, err := client.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		p.t.Fatal(err)
	}
	ref, err := name.ParseReference(*found.Repositories[0].RepositoryUri + ":" + tag)
	if err != nil {
		p.t.Fatal(err)
	}
	img, err := random.Image(64, 1)
	if err != nil {
		p.t.Fatal(err)
	}
	auth := authn.FromConfig(authn.AuthConfig{Auth: strings.TrimSpace(*token.AuthorizationData[0].AuthorizationToken)})
	if err := remote.Write(ref, img, remote.WithAuth(auth), remote.WithContext(ctx)); err != nil {
		p.t.Fatal(err)
	}
}
