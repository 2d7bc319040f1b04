package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
)

// FuzzWire: no request of AWS's wire protocols fails inside the sandbox.
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
		sign(t, server, r, service, body)
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

// FuzzPrefectAPI: no call of the Prefect API fails inside the sandbox.
func FuzzPrefectAPI(f *testing.F) {
	f.Add("POST", "/api/work_pools/", `{"name":"p","type":"ecs"}`)
	f.Add("POST", "/api/flow_runs/filter", `{"flow_runs":{"state":{"type":{"any_":["PENDING"]}}},"limit":1}`)
	f.Add("PATCH", "/api/work_pools/p", `{"base_job_template":{}}`)
	f.Add("POST", "/api/work_pools/p/get_scheduled_flow_runs", `{"scheduled_before":"2026-01-01T00:00:00Z"}`)
	f.Add("POST", "/api/work_pools/p/get_scheduled_flow_runs", `{"sCheduled_Before":"no time"}`)
	f.Add("POST", "/api/deployments/", `{"name":"d","flow_id":"x","schedules":[{"schedule":{"cron":"* * * * *"}}]}`)
	api := prefectapi.New()
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
		if err != nil || r.URL.Path == "" {
			return
		}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%s %s %q: %s", method, path, body, w.Body)
		}
	})
}
