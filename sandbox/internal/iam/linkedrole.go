package iam

// linkedRole is ECS's own role in an account. It is not listed: no test is to take it for
// something that is left.
const linkedRole = "AWSServiceRoleForECS"

func (s *Service) linkedRoleXML() roleXML {
	const service = "ecs.amazonaws.com"
	r := role{
		identity:    s.newIdentity("role", "AROA", "/aws-service-role/"+service+"/", linkedRole),
		description: "Role to enable Amazon ECS to manage your cluster.", maxSession: 3600,
		trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service +
			`"},"Action":"sts:AssumeRole"}]}`,
	}
	return r.detail()
}
