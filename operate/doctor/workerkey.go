package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/shellword"
	"ecsctl/operate"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// checkWorkerKey tries the key that the worker has, which is another than ours once one
// of the two was changed.
func (d *doctor) checkWorkerKey(ctx context.Context) {
	if d.spec.Pool == "" {
		d.skip(checkWorkerKey, "no --pool is given")
		return
	}
	if !d.needsAWS(checkWorkerKey) {
		return
	}
	what, name, jsonKey := d.workerKey()
	if account := accountOf(name); account != "" && account != d.id.Account {
		d.add(checkWorkerKey, operate.CheckSkip, fmt.Sprintf("%s %q is of account %s, whose policies let in the "+
			"execution role, and not who asks", what, name, account),
			"`ecsctl verify --pool "+shellword.Quote(d.spec.Pool)+"` shows whether the worker can read it: the "+
				"secret's own policy and that of its KMS key have to name the execution role")
		return
	}
	value, err := d.readKey(ctx, name)
	var missing *types.ResourceNotFoundException
	var noParameter *ssmtypes.ParameterNotFound
	gone := errors.As(err, &missing) || errors.As(err, &noParameter)
	switch {
	case awserr.HasCode(err, "InvalidRequestException"):
		d.fail(checkWorkerKey, fmt.Sprintf("%s %q, which the worker reads its API key from, is scheduled for deletion",
			what,
			name), "take it back with `aws secretsmanager restore-secret --secret-id "+name+"`, or make it anew: "+
			d.bootstrapLine(ctx))
		return
	case gone && d.running != nil && d.running.keyFrom != "":
		d.fail(checkWorkerKey, fmt.Sprintf("%s %q, which the worker reads its API key from, is gone", what, name),
			d.bootstrapLine(ctx))
		return
	case gone && d.running != nil && d.running.hasAuth:
		d.skip(checkWorkerKey, "the worker has an auth string instead: `ecsctl verify` shows whether it works")
		return
	case gone:
		d.skip(checkWorkerKey, fmt.Sprintf("there is no %s %q", what, name))
		return
	case err != nil:
		d.failedOrDenied(checkWorkerKey, provision.ExplainAWS(fmt.Sprintf("read %s %q", what, name), err))
		return
	}
	if jsonKey != "" {
		var fields map[string]json.RawMessage
		if json.Unmarshal([]byte(value), &fields) != nil || json.Unmarshal(fields[jsonKey], &value) != nil {
			d.fail(checkWorkerKey, fmt.Sprintf("secret %q is not a JSON object with text under %q", name, jsonKey),
				"put the API key there, or name another key as ARN:KEY:: with --prefect-api-key-secret")
			return
		}
	}
	d.tryWorkerKey(ctx, what, name, prefect.Secret(value))
}

// workerKey is where the worker has its key from: what was named, now or to bootstrap, else what the
// task definition that runs says, of which the pool may know nothing.
func (d *doctor) workerKey() (what, name, jsonKey string) {
	from := d.spec.Prefect.APIKeySecret
	if from == "" && d.running != nil {
		from = d.running.keyFrom
	}
	name, jsonKey = spec.SplitSecret(from)
	if from == "" || d.spec.OwnSecret(name) {
		name = d.spec.Names.Secret
	}
	if spec.IsParameter(name) {
		return "parameter", name, ""
	}
	return "secret", name, jsonKey
}

// accountOf is whose a secret is; "" where its name alone says.
func accountOf(nameOrARN string) string {
	parsed, err := arn.Parse(nameOrARN)
	if err != nil {
		return ""
	}
	return parsed.AccountID
}

// readKey reads the text of a secret or parameter.
func (d *doctor) readKey(ctx context.Context, name string) (string, error) {
	if spec.IsParameter(name) {
		out, err := d.Clients.SSM.GetParameter(ctx, &ssm.GetParameterInput{
			Name: &name, WithDecryption: aws.Bool(true),
		})
		if err != nil {
			return "", err
		}
		return aws.ToString(out.Parameter.Value), nil
	}
	out, err := d.Clients.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &name})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.SecretString), nil
}

func (d *doctor) tryWorkerKey(ctx context.Context, what, name string, key prefect.Secret) {
	if strings.ContainsAny(key.Reveal(), "{}\n ") {
		d.fail(checkWorkerKey, fmt.Sprintf("%s %q is not an API key as plain text", what, name),
			"name the key of a JSON secret as ARN:KEY:: with --prefect-api-key-secret, or store the API key alone: "+
				d.bootstrapLine(ctx)+" does")
		return
	}
	if !d.reached {
		d.skip(checkWorkerKey, "the Prefect API cannot be asked: see "+checkAPI)
		return
	}
	api, err := prefect.New(prefect.Options{APIURL: d.server.APIURL, APIKey: key, Logger: d.Logger})
	if err != nil {
		d.failed(checkWorkerKey, err)
		return
	}
	if err := tryKey(ctx, api); err != nil {
		d.fail(checkWorkerKey, fmt.Sprintf("the key in %s %q does not work: %v", what, name, err),
			"set a key that works, then: "+d.bootstrapLine(ctx))
		return
	}
	d.ok(checkWorkerKey, fmt.Sprintf("the key in %s %q is accepted", what, name))
}
