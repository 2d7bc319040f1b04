package awsaccess_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/worker/awsaccess"
)

// What a container's credentials endpoint refuses is no answer of ECS: it is told as what it is, and may pass.
func TestACredentialsEndpointThatRefuses(t *testing.T) {
	t.Parallel()
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"code": "AccessDeniedException", "message": "no such task"}`)
	}))
	t.Cleanup(endpoint.Close)
	client := ecs.New(ecs.Options{
		Region: "us-east-1", Credentials: endpointcreds.New(endpoint.URL),
		BaseEndpoint: aws.String("http://127.0.0.1:1"),
	})
	_, err := client.ListClusters(t.Context(), nil)
	text := awsaccess.Sentence(awsaccess.Explain("run the ECS task", err))
	if !strings.Contains(text, "credentials endpoint answered AccessDeniedException: no such task") ||
		strings.Contains(text, "policy") {
		t.Errorf("got %s", text)
	}
	if !awsaccess.Passing(err) {
		t.Error("it is final")
	}
}
