package ecs

// parameter reads one of the Parameter Store, by its ARN or, in the task's own region, by its name.
func (s *Service) parameter(t *task, valueFrom string) (string, error) {
	const words = "unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
	if err := s.reaches(t, "ssm", noPull+"execution resource retrieval failed: "+words); err != nil {
		return "", err
	}
	arn, key := s.peers.SSM.Facts(valueFrom)
	err := s.mayExecute(t, "ssm:GetParameters", arn, nil)
	if err == nil {
		err = s.mayDecrypt(t, key, "PARAMETER_ARN", arn)
	}
	if err != nil {
		return "", initError(words+"%v", err)
	}
	value, ok := s.peers.SSM.Value(valueFrom)
	if !ok {
		return "", initError("unable to retrieve secrets from ssm: The task cannot pull %s: invalid ssm parameters: %s",
			valueFrom, valueFrom)
	}
	return value, nil
}
