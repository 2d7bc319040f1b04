package wire_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"ecsctl/sandbox"
)

// FuzzWire: no request of AWS's wire protocols fails inside the sandbox. It is here, and not beside the sandbox's
// other tests, because fuzzing compiles all that it depends on once more, and they call AWS through the whole SDK.
func FuzzWire(f *testing.F) {
	server, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = server.Close() })
	f.Add("ecs", "AmazonEC2ContainerServiceV20141113.CreateCluster", `{"clusterName":"a"}`)
	f.Add("sqs", "AmazonSQS.SendMessage", `{"QueueUrl":"x","MessageBody":"y"}`)
	f.Add("events", "AWSEvents.PutRule", `{"Name":"a","EventPattern":"{\"source\":[\"aws.ecs\"]}"}`)
	f.Add("secretsmanager", "secretsmanager.CreateSecret", `{"Name":"a","SecretString":"b"}`)
	f.Add("logs", "Logs_20140328.CreateLogGroup", `{"logGroupName":"a"}`)
	f.Add("iam", "", "Action=CreateRole&RoleName=r&AssumeRolePolicyDocument=%7B%7D&Version=2010-05-08")
	f.Add("ec2", "", "Action=DescribeSubnets&Filter.1.Name=vpc-id&Filter.1.Value.1=x&Version=2016-11-15")
	f.Add("sts", "", "Action=GetCallerIdentity")
	f.Fuzz(func(t *testing.T, service, target, body string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL(), strings.NewReader(body))
		if err != nil || strings.ContainsAny(service+target, "\r\n\x00,/") {
			return
		}
		r.Header["X-Amz-Target"] = []string{target}
		sum := sha256.Sum256([]byte(body))
		own := aws.Credentials{AccessKeyID: sandbox.AccessKeyID, SecretAccessKey: server.SecretAccessKey()}
		if err := v4.NewSigner().SignHTTP(t.Context(), own, r, hex.EncodeToString(sum[:]), service, "us-east-1",
			time.Now()); err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			if strings.Contains(err.Error(), "EOF") {
				t.Errorf("the sandbox gave no answer: %v", err)
			}
			return
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusInternalServerError {
			t.Errorf("%s %s %q: %s", service, target, body, response.Status)
		}
	})
}
