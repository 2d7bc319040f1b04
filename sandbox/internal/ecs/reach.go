package ecs

import "fmt"

// reaches is an error unless a task's network leads to a service of AWS, in the words of Fargate
// (docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html): on
// platform version 1.4 all that a task needs for its start goes through its own interface.
func (s *Service) reaches(t *task, service, words string) error {
	if t.network == nil { // an instance that is registered with ECS has a way to AWS
		return nil
	}
	if s.peers.EC2.Reaches(t.from, service) {
		return nil
	}
	return &startError{reason: fmt.Sprintf("ResourceInitializationError: %s: RequestCanceled: request context "+
		"canceled caused by: context deadline exceeded. Please check your task network configuration.", words)}
}

const noPull = "unable to pull secrets or registry auth: "

// reachesSecret is for the secret of a container.
func (s *Service) reachesSecret(t *task, arn string) error {
	return s.reaches(t, "secretsmanager", noPull+"execution resource retrieval failed: unable to retrieve secret "+
		"from asm: service call has been retried 5 time(s): failed to fetch secret "+arn+" from secrets manager")
}

// reachesRegistry is for an image in ECR.
func (s *Service) reachesRegistry(t *task) error {
	for _, service := range []string{"ecr.api", "ecr.dkr"} {
		if err := s.reaches(t, service, noPull+"The task cannot pull registry auth from Amazon ECR: There is a "+
			"connection issue between the task and Amazon ECR. Check your task network configuration"); err != nil {
			return err
		}
	}
	return nil
}

// reachesLogs is for a container that logs to CloudWatch.
func (s *Service) reachesLogs(t *task) error {
	return s.reaches(t, "logs", "failed to validate logger args: The task cannot find the Amazon CloudWatch log "+
		"group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. "+
		"Check your network configuration")
}
