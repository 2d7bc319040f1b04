package ecs

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/wire"
)

// environment of a container: what the image and the platform set, then the definition's, the
// override's and the secrets. Nothing of the sandbox's own environment is handed down.
func (s *Service) environment(t *task, index int, o types.ContainerOverride, img containerImage) ([]string, error) {
	cd := t.definition.api.ContainerDefinitions[index]
	place := "AWS_ECS_FARGATE"
	if t.onInstance() {
		place = "AWS_ECS_EC2"
	}
	env := append(img.env(),
		"AWS_EXECUTION_ENV="+place,
		"AWS_REGION="+s.cfg.Region,
		"AWS_DEFAULT_REGION="+s.cfg.Region,
		s.mark(t, index),
	)
	env = append(env, s.cfg.Environment...) // also without credentials: no task reaches the real AWS
	if s.cfg.ContainerEnvironment != nil && (img.tree != "" || s.cfg.StandInEnvironment) {
		more, err := s.cfg.ContainerEnvironment()
		if err != nil {
			return nil, &startError{reason: "the ecsctl sandbox failed to prepare a container: " + err.Error()}
		}
		env = append(env, more...)
	}
	if t.session != nil {
		env = append(env, "AWS_CONTAINER_CREDENTIALS_FULL_URI="+s.cfg.Credentials+t.session.ID)
	}
	for _, list := range [][]types.KeyValuePair{cd.Environment, o.Environment} {
		for _, kv := range list {
			env = append(env, aws.ToString(kv.Name)+"="+aws.ToString(kv.Value))
		}
	}
	for _, secret := range cd.Secrets {
		value, err := s.secret(t, *secret.ValueFrom)
		if err != nil {
			return nil, err
		}
		env = append(env, *secret.Name+"="+value)
	}
	return img.path(env), nil
}

// mark is the variable that tells the processes of a container from all others.
func (s *Service) mark(t *task, index int) string {
	return "ECS_CONTAINER_METADATA_URI_V4=" + s.cfg.Metadata + runtimeID(t, index)
}

func taskRole(t *task) string {
	if o := t.api.Overrides; o.TaskRoleArn != nil {
		return *o.TaskRoleArn
	}
	return aws.ToString(t.definition.api.TaskRoleArn)
}

// secret reads "<secret ARN>[:json-key:version-stage:version-id]".
func (s *Service) secret(t *task, valueFrom string) (string, error) {
	arn, key := valueFrom, ""
	if parts := strings.Split(valueFrom, ":"); len(parts) > 7 {
		if parts[2] != "secretsmanager" || len(parts) != 10 || parts[8]+parts[9] != "" {
			return "", unavailable(valueFrom, wire.NotImplemented("versions of secrets"))
		}
		arn, key = strings.Join(parts[:7], ":"), parts[7]
	}
	if !strings.Contains(arn, ":secretsmanager:") {
		return s.parameter(t, valueFrom)
	}
	if err := s.reachesSecret(t, arn); err != nil {
		return "", err
	}
	if err := s.mayReadSecret(t, arn); err != nil {
		return "", unavailable(arn, err)
	}
	value, err := s.peers.Secrets.Value(arn)
	if err != nil {
		return "", unavailable(arn, err)
	}
	if key == "" {
		return value, nil
	}
	return jsonKey(arn, value, key)
}

func jsonKey(arn, value, key string) (string, error) {
	var object map[string]any
	if err := json.Unmarshal([]byte(value), &object); err != nil {
		return "", initError("unable to parse secret %s as JSON: invalid character in the secret's value", arn)
	}
	field, ok := object[key]
	if !ok {
		return "", initError("retrieved secret from Secrets Manager did not contain json key %s", key)
	}
	if text, ok := field.(string); ok {
		return text, nil
	}
	data, err := json.Marshal(field)
	return string(data), err
}

// unavailable words a secret that could not be read as Fargate does.
func unavailable(arn string, err error) error {
	code := ""
	var refusal *wire.Error
	if errors.As(err, &refusal) {
		code = refusal.Code + ": " + refusal.Message
	}
	return initError("unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch "+
		"secret %s from secrets manager: %s", arn, code)
}

func initError(format string, args ...any) error {
	return &startError{reason: "ResourceInitializationError: unable to pull secrets or registry auth: execution " +
		"resource retrieval failed: " + fmt.Sprintf(format, args...)}
}

// logTo makes the log stream of a container and returns how to write to it; nil when
// its output goes nowhere.
func (s *Service) logTo(t *task, cd types.ContainerDefinition) (func(string), error) {
	lc := cd.LogConfiguration
	if lc == nil {
		return nil, nil
	}
	if lc.LogDriver != types.LogDriverAwslogs || len(lc.SecretOptions) > 0 {
		return nil, &startError{reason: fmt.Sprintf("the ecsctl sandbox does not implement the log driver %s with "+
			"these options", lc.LogDriver)}
	}
	if err := s.reachesLogs(t); err != nil {
		return nil, err
	}
	group := lc.Options["awslogs-group"]
	stream := fmt.Sprintf("%s/%s/%s", lc.Options["awslogs-stream-prefix"], *cd.Name, t.id())
	// The driver makes a stream first, and a group only when there is none.
	if lc.Options["awslogs-create-group"] == "true" && !s.peers.Logs.HasGroup(group) {
		if err := s.mayLog(t, "logs:CreateLogGroup", group, ""); err != nil {
			return nil, noLogs("group", err)
		}
		if err := s.peers.Logs.EnsureGroup(group); err != nil {
			return nil, noLogs("group", err)
		}
	}
	if err := s.mayLog(t, "logs:CreateLogStream", group, stream); err != nil {
		return nil, noLogs("stream", err)
	}
	if err := s.peers.Logs.OpenStream(group, stream); err != nil {
		return nil, noLogs("stream", err)
	}
	if err := s.mayLog(t, "logs:PutLogEvents", group, stream); err != nil {
		return func(string) {}, nil // the container runs, and its output is lost, as on Fargate
	}
	return func(line string) { s.peers.Logs.Append(group, stream, line) }, nil
}

// noLogs words what keeps a container's "group" or "stream" from being made.
func noLogs(what string, err error) error {
	return &startError{reason: fmt.Sprintf("ResourceInitializationError: failed to validate logger args: create "+
		"stream has been retried 1 times: failed to create Cloudwatch log %s: %v : exit status 1", what, err)}
}
