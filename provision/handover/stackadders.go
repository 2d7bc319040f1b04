package handover

func addFields(from, to string) func(*stackResource, map[string]any) ([]stackResource, error) {
	return func(r *stackResource, in map[string]any) ([]stackResource, error) {
		r.properties[to] = in[from]
		return nil, nil
	}
}

func (r *stackResource) appendTo(property string, value any) {
	list, _ := r.properties[property].([]any)
	r.properties[property] = append(list, value)
}

func addManagedPolicy(r *stackResource, in map[string]any) ([]stackResource, error) {
	r.appendTo("ManagedPolicyArns", in["PolicyArn"])
	return nil, nil
}

func addInlinePolicy(r *stackResource, in map[string]any) ([]stackResource, error) {
	if err := parse(in, "PolicyDocument"); err != nil {
		return nil, err
	}
	r.appendTo("Policies", map[string]any{"PolicyName": in["PolicyName"], "PolicyDocument": in["PolicyDocument"]})
	return nil, nil
}

func addRole(r *stackResource, in map[string]any) ([]stackResource, error) {
	r.appendTo("Roles", in["RoleName"])
	return nil, nil
}

func addLifecyclePolicy(r *stackResource, in map[string]any) ([]stackResource, error) {
	r.properties["LifecyclePolicy"] = map[string]any{"LifecyclePolicyText": in["LifecyclePolicyText"]}
	return nil, nil
}

func addEncryption(r *stackResource, in map[string]any) ([]stackResource, error) {
	configuration, _ := in["ServerSideEncryptionConfiguration"].(map[string]any)
	rules, _ := configuration["Rules"].([]any)
	for _, rule := range rules {
		if rule, ok := rule.(map[string]any); ok {
			rename(rule, "ApplyServerSideEncryptionByDefault", "ServerSideEncryptionByDefault")
		}
	}
	r.properties["BucketEncryption"] = map[string]any{"ServerSideEncryptionConfiguration": rules}
	return nil, nil
}

// addLifecycle: CloudFormation's rules are flat where the API's are not.
func addLifecycle(r *stackResource, in map[string]any) ([]stackResource, error) {
	configuration, _ := in["LifecycleConfiguration"].(map[string]any)
	rules, _ := configuration["Rules"].([]any)
	for _, rule := range rules {
		rule, ok := rule.(map[string]any)
		if !ok {
			continue
		}
		rename(rule, "ID", "Id")
		if expiration, ok := rule["Expiration"].(map[string]any); ok {
			delete(rule, "Expiration")
			rule["ExpirationInDays"] = expiration["Days"]
		}
		if filter, ok := rule["Filter"].(map[string]any); ok {
			delete(rule, "Filter")
			rule["Prefix"] = filter["Prefix"]
		}
	}
	r.properties["LifecycleConfiguration"] = configuration
	return nil, nil
}

func addBucketPolicy(r *stackResource, in map[string]any) ([]stackResource, error) {
	if err := parse(in, "Policy"); err != nil {
		return nil, err
	}
	return []stackResource{r.companion("AWS::S3::BucketPolicy", map[string]any{
		"Bucket": map[string]any{"Ref": r.id}, "PolicyDocument": in["Policy"]})}, nil
}
