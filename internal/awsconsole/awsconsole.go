// Package awsconsole knows the pages of the AWS console: where a person looks at what an ARN names.
package awsconsole

import (
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// hosts are the consoles of the partitions; that of AWS itself has one for each region.
var hosts = map[string]string{
	"aws": "console.aws.amazon.com", "aws-us-gov": "console.amazonaws-us-gov.com", "aws-cn": "console.amazonaws.cn",
}

// URL returns the page of what an ARN names. It is false for what has no page that is known.
func URL(text string) (string, bool) {
	a, err := arn.Parse(text)
	host, known := hosts[a.Partition]
	if err != nil || !known {
		return "", false
	}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	page := ""
	switch a.Service {
	case "ecs":
		page = ecsPage(kind, strings.Split(rest, "/"))
	case "iam":
		if kind == "role" {
			page = "/iam/home#/roles/details/" + url.PathEscape(rest[strings.LastIndex(rest, "/")+1:])
		}
	case "logs":
		if name, ok := strings.CutPrefix(strings.TrimSuffix(a.Resource, ":*"), "log-group:"); ok {
			page = "/cloudwatch/home#logsV2:log-groups/log-group/" + url.PathEscape(url.PathEscape(name))
		}
	case "secretsmanager":
		if name, ok := strings.CutPrefix(a.Resource, "secret:"); ok && len(name) > 7 {
			// without the 6 characters of AWS
			page = "/secretsmanager/secret?name=" + url.QueryEscape(name[:len(name)-7])
		}
	case "sqs":
		page = "/sqs/v3/home#/queues/" + url.PathEscape("https://sqs."+a.Region+".amazonaws.com/"+a.AccountID+"/"+
			a.Resource)
	case "ecr":
		if kind == "repository" {
			page = "/ecr/repositories/private/" + a.AccountID + "/" + rest
		}
	}
	if page == "" {
		return "", false
	}
	return "https://" + hostOf(host, a.Region) + withRegion(page, a.Region), true
}

func ecsPage(kind string, names []string) string {
	for i := range names {
		names[i] = url.PathEscape(names[i])
	}
	switch {
	case kind == "cluster":
		return "/ecs/v2/clusters/" + names[0] + "/services"
	case kind == "service" && len(names) == 2:
		return "/ecs/v2/clusters/" + names[0] + "/services/" + names[1] + "/health"
	case kind == "task" && len(names) == 2:
		return "/ecs/v2/clusters/" + names[0] + "/tasks/" + names[1] + "/configuration"
	case kind == "task-definition":
		family, revision, _ := strings.Cut(names[0], ":")
		return "/ecs/v2/task-definitions/" + strings.TrimSuffix(family+"/"+revision, "/")
	}
	return ""
}

// hostOf puts the region before the host, where there is one: IAM has none.
func hostOf(host, region string) string {
	if region == "" || host != hosts["aws"] {
		return host
	}
	return region + "." + host
}

// withRegion names the region as the console's own links do, before what a fragment has.
func withRegion(page, region string) string {
	if region == "" {
		return page
	}
	path, fragment, hasFragment := strings.Cut(page, "#")
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	path += sign + "region=" + region
	if hasFragment {
		path += "#" + fragment
	}
	return path
}
