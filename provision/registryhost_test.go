package provision

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// Who asks for FIPS endpoints, as the AWS CLI is asked, pushes images to FIPS hosts too.
func TestFIPSRegistryHosts(t *testing.T) {
	const plain = "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com/prefect/etl"
	const fips = "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/prefect/etl"
	for variable, want := range map[string]string{"": plain, "false": plain, "true": fips} {
		t.Setenv("AWS_USE_FIPS_ENDPOINT", variable)
		cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("us-gov-west-1"))
		if err != nil {
			t.Fatal(err)
		}
		if got := ClientsFor(cfg, nil).registryHost(plain); got != want {
			t.Errorf("AWS_USE_FIPS_ENDPOINT=%s: got %s", variable, got)
		}
	}
	played := ClientsFor(aws.Config{Region: "us-east-1"}, nil)
	if got := played.registryHost("localhost:1/prefect/etl"); got != "localhost:1/prefect/etl" {
		t.Errorf("got %s", got)
	}
}
