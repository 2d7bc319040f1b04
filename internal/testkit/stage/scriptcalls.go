package stage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/testscript"
)

// assignment is NAME=PATH, such as VPC=Vpc.VpcId or SUBNET=Subnets.0.SubnetId.
var assignment = regexp.MustCompile(`^([A-Z][A-Z0-9_]*)=([A-Za-z0-9.]+)$`)

// cmdAWS makes a call with the real SDK, to prepare or damage what ecsctl will find.
// The input is YAML with the fields of the SDK's input type; a text that begins with
// @ is the content of a file. Parts of the answer become variables:
//
//	aws ec2 CreateSubnet {VpcId: $VPC, CidrBlock: 10.9.0.0/24} SUBNET=Subnet.SubnetId
func cmdAWS(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: aws SERVICE OPERATION [INPUT] [NAME=PATH...]")
	}
	input, names := "", map[string]string{}
	for _, arg := range args[2:] {
		if match := assignment.FindStringSubmatch(arg); match != nil {
			names[match[1]] = match[2]
			continue
		}
		input += " " + arg
	}
	answer, err := worldOf(ts).Call(context.Background(), args[0], args[1], expandFiles(ts, input))
	if err != nil {
		ts.Fatalf("aws %s %s: %v", args[0], args[1], err)
	}
	for name, path := range names {
		value, err := At(answer, path)
		ts.Check(err)
		ts.Setenv(name, value)
	}
}

var fileContent = regexp.MustCompile(`@[\w./-]+`)

func expandFiles(ts *testscript.TestScript, input string) string {
	return fileContent.ReplaceAllStringFunc(input, func(name string) string {
		return strconv.Quote(ts.ReadFile(name[1:]))
	})
}

// Call finds the operation by its name among the methods of the SDK's client.
func (w *World) Call(ctx context.Context, service, operation, input string) (any, error) {
	clients := map[string]any{
		"iam": w.Source.IAM, "ecr": w.Source.ECR, "ecs": w.Source.ECS, "ec2": w.Source.EC2, "logs": w.Source.Logs,
		"secretsmanager": w.Source.Secrets, "ssm": w.Source.SSM, "events": w.Source.Events,
	}
	method := reflect.ValueOf(clients[service]).MethodByName(operation)
	if !method.IsValid() {
		return nil, fmt.Errorf("%s has no operation %s", service, operation)
	}
	in := reflect.New(method.Type().In(1).Elem())
	raw, err := yaml.YAMLToJSON([]byte(input))
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(in.Interface()); err != nil && err != io.EOF {
		return nil, err
	}
	out := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	if err, failed := out[1].Interface().(error); failed {
		return nil, err
	}
	var answer any
	raw, err = json.Marshal(out[0].Interface())
	if err != nil {
		return nil, err
	}
	return answer, json.Unmarshal(raw, &answer)
}

// At picks a value by its path of field names and indexes.
func At(node any, path string) (string, error) {
	for _, key := range strings.Split(path, ".") {
		switch parent := node.(type) {
		case map[string]any:
			node = parent[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(parent) {
				return "", fmt.Errorf("no element %q on the path %s", key, path)
			}
			node = parent[i]
		default:
			return "", fmt.Errorf("nothing at %q on the path %s", key, path)
		}
	}
	if text, ok := node.(string); ok {
		return text, nil
	}
	raw, err := json.Marshal(node)
	return string(raw), err
}

// cmdPrefect calls the Prefect API past the tap; the answer can be written to a file:
//
//	prefect-api METHOD PATH [BODY-FILE|-] [ANSWER-FILE]
func cmdPrefect(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: prefect-api METHOD PATH [BODY-FILE|-] [ANSWER-FILE]")
	}
	var body io.Reader
	if len(args) > 2 && args[2] != "-" {
		body = strings.NewReader(ts.ReadFile(args[2]))
	}
	source := worldOf(ts).Source.Prefect
	req, err := http.NewRequest(args[0], source.URL+args[1], body)
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	if source.Authorization != "" {
		req.Header.Set("Authorization", source.Authorization)
	}
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	ts.Check(err)
	if res.StatusCode >= http.StatusBadRequest {
		ts.Fatalf("%s %s: %s: %s", args[0], args[1], res.Status, raw)
	}
	if len(args) > 3 {
		var pretty bytes.Buffer
		ts.Check(json.Indent(&pretty, raw, "", "  "))
		pretty.WriteByte('\n')
		ts.Check(os.WriteFile(ts.MkAbs(args[3]), pretty.Bytes(), 0o600))
	}
}

// cmdFlat prints each node of a JSON document on a line, its path first:
//
//	flat FILE
func cmdFlat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: flat FILE")
	}
	var document any
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(decoder.Decode(&document))
	if decoder.More() {
		ts.Fatalf("%s holds more than one JSON document", args[0])
	}
	printFlat(ts.Stdout(), "", document)
}

func printFlat(out io.Writer, path string, node any) {
	raw, err := json.Marshal(node)
	if err != nil {
		raw = []byte(err.Error())
	}
	fmt.Fprintln(out, path, string(raw))
	prefix := path
	if prefix != "" {
		prefix += "."
	}
	switch node := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			printFlat(out, prefix+key, node[key])
		}
	case []any:
		for i, child := range node {
			printFlat(out, prefix+strconv.Itoa(i), child)
		}
	}
}
