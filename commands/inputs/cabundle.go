package inputs

import (
	"cmp"
	"context"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"

	"ecsctl/internal/cabundle"
)

// UseCABundle trusts the CA certificates of AWS_CA_BUNDLE, else of the profile's ca_bundle, for registries and Prefect
// too: the SDK does so for AWS. A profile that cannot be read is for the SDK to tell.
func UseCABundle(ctx context.Context, profile string) error {
	if path := os.Getenv("AWS_CA_BUNDLE"); path != "" {
		return cabundle.Use(path, "AWS_CA_BUNDLE")
	}
	name := cmp.Or(profile, os.Getenv("AWS_PROFILE"), "default")
	found, err := config.LoadSharedConfigProfile(ctx, name, func(o *config.LoadSharedConfigOptions) {
		if file := os.Getenv("AWS_CONFIG_FILE"); file != "" {
			o.ConfigFiles = []string{file}
		}
		if file := os.Getenv("AWS_SHARED_CREDENTIALS_FILE"); file != "" {
			o.CredentialsFiles = []string{file}
		}
	})
	if err != nil {
		return cabundle.Use("", "")
	}
	return cabundle.Use(found.CustomCABundle, "ca_bundle of the AWS profile "+name)
}
