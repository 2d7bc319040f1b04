package jobtemplate

import "encoding/json"

// Credentials say how a job reaches AWS: the fields of an AwsCredentials block, as
// plain data. The zero value means the worker's own credentials and region.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Profile         string
	Region          string
	AssumeRoleARN   string
	AssumeRole      AssumeRole
	Client          ClientParameters
}

// AssumeRole are the parameters of sts:AssumeRole beside the role itself.
type AssumeRole struct {
	RoleSessionName   string // a new one is made up when empty
	DurationSeconds   int32  // 0 is the default of STS
	Policy            string
	PolicyARNs        []string
	Tags              map[string]string
	TransitiveTagKeys []string
	ExternalID        string
	SerialNumber      string
	TokenCode         string
	SourceIdentity    string
	// ProvidedContexts are pairs of ProviderArn and ContextAssertion.
	ProvidedContexts []map[string]string
}

// ClientParameters are settings of the AWS client itself.
type ClientParameters struct {
	APIVersion   string
	EndpointURL  string
	PlainHTTP    bool           // use_ssl is false and no endpoint URL is given
	SkipVerify   bool           // verify is false: certificates are not checked
	CABundlePath string         // verify_cert_path, or a path in verify
	Config       map[string]any // botocore's Config: retries, timeouts and such
}

// IsZero reports whether nothing is set: the worker's own credentials are meant.
func (c Credentials) IsZero() bool {
	return c.AccessKeyID == "" && c.SecretAccessKey == "" && c.SessionToken == "" && c.Profile == "" &&
		c.Region == "" && c.AssumeRoleARN == "" && c.Client.isZero()
}

func (c ClientParameters) isZero() bool {
	return c.APIVersion == "" && c.EndpointURL == "" && !c.PlainHTTP && !c.SkipVerify && c.CABundlePath == "" &&
		len(c.Config) == 0
}

func readCredentials(found *findings, document map[string]any) Credentials {
	value, given := document["aws_credentials"]
	if !given {
		return Credentials{}
	}
	object, ok := value.(map[string]any)
	if !ok {
		found.add("aws_credentials",
			"name an AwsCredentials block, or take the key out to use the worker's own credentials",
			"it is %s, not an AwsCredentials block", kind(value))
		return Credentials{}
	}
	r := reader{object, "aws_credentials.", found}
	return Credentials{
		AccessKeyID:     r.text("aws_access_key_id"),
		SecretAccessKey: r.text("aws_secret_access_key"),
		SessionToken:    r.text("aws_session_token"),
		Profile:         r.text("profile_name"),
		Region:          r.text("region_name"),
		AssumeRoleARN:   r.text("assume_role_arn"),
		AssumeRole:      readAssumeRole(found, r.object("assume_role_kwargs")),
		Client:          readClientParameters(found, r.object("aws_client_parameters")),
	}
}

func readAssumeRole(found *findings, object map[string]any) AssumeRole {
	r := reader{object, "aws_credentials.assume_role_kwargs.", found}
	role := AssumeRole{
		RoleSessionName: r.text("RoleSessionName"),
		Policy:          r.text("Policy"),
		ExternalID:      r.text("ExternalId"),
		SerialNumber:    r.text("SerialNumber"),
		TokenCode:       r.text("TokenCode"),
		SourceIdentity:  r.text("SourceIdentity"),
	}
	if value := object["DurationSeconds"]; value != nil {
		seconds, ok := laxInteger(value)
		if !ok || seconds < 0 || seconds > 43200 {
			r.wrong("DurationSeconds", value, "a number of seconds up to 43200")
		}
		role.DurationSeconds = int32(seconds)
	}
	for _, policy := range r.optionalObjects("PolicyArns") {
		role.PolicyARNs = append(role.PolicyARNs, pyText(policy["arn"]))
	}
	for _, tag := range r.optionalObjects("Tags") {
		if role.Tags == nil {
			role.Tags = map[string]string{}
		}
		role.Tags[pyText(tag["Key"])] = pyText(tag["Value"])
	}
	for _, context := range r.optionalObjects("ProvidedContexts") {
		role.ProvidedContexts = append(role.ProvidedContexts, map[string]string{
			"ProviderArn": pyText(context["ProviderArn"]), "ContextAssertion": pyText(context["ContextAssertion"]),
		})
	}
	if keys, ok := object["TransitiveTagKeys"].([]any); ok {
		for _, key := range keys {
			role.TransitiveTagKeys = append(role.TransitiveTagKeys, pyText(key))
		}
	}
	return role
}

// optionalObjects reads a list of objects, or null.
func (r reader) optionalObjects(key string) []map[string]any {
	if r.document[key] == nil {
		return nil
	}
	return r.objects(key)
}

func readClientParameters(found *findings, object map[string]any) ClientParameters {
	r := reader{object, "aws_credentials.aws_client_parameters.", found}
	client := ClientParameters{
		APIVersion:   r.text("api_version"),
		EndpointURL:  r.text("endpoint_url"),
		CABundlePath: r.text("verify_cert_path"),
	}
	if object["config"] != nil {
		client.Config = r.object("config")
	}
	if _, given := object["use_ssl"]; given && !r.flag("use_ssl") {
		client.PlainHTTP = client.EndpointURL == ""
	}
	r.checkVerify(object["verify"])
	client.readVerify(object["verify"])
	return client
}

// checkVerify notes what is neither a boolean, nor a path, nor absent.
func (r reader) checkVerify(value any) {
	if path, isText := value.(string); value == nil || isText && path != "" {
		return
	}
	if _, ok := laxBoolean(value); !ok {
		r.wrong("verify", value, "true, false or the path of a CA bundle")
	}
}

// readVerify reads what is a boolean, or (deprecated) the path of a CA bundle.
func (c *ClientParameters) readVerify(value any) {
	if path, ok := value.(string); ok {
		if verify, isWord := laxBoolean(path); isWord {
			value = verify
		} else if c.CABundlePath == "" {
			c.CABundlePath = path
		}
	}
	if number, ok := value.(json.Number); ok {
		value, _ = laxBoolean(number)
	}
	if verify, ok := value.(bool); ok && !verify {
		c.SkipVerify = true
		c.CABundlePath = "" // ignored when nothing is verified
	}
}
