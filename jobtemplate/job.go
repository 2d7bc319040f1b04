package jobtemplate

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Job is one resolved job: what the template, the variables and the run come to.
// It is plain data; its methods are pure.
type Job struct {
	Name        string            // as rendered; the name of the run when none is given
	Cluster     string            // name or ARN; empty is the default cluster
	Command     string            // what the Prefect container runs
	Labels      map[string]string // before they are made fit for tags
	Env         map[string]string // of the Prefect container; holds secrets
	Credentials Credentials       // how to reach AWS

	// TaskDefinition is the task definition that the job names (an ARN, or a family
	// with or without a revision): none is registered. Empty when one is.
	TaskDefinition string

	// AutoDeregister: the definition goes when the task has stopped, if it was
	// registered for it. MatchLatest: the family's latest revision is used if it is
	// equal; reuse by Hash does the same in any case.
	AutoDeregister, MatchLatest bool

	// StartTimeout is after how long a task that has not started is to be stopped; 0 is never.
	StartTimeout time.Duration

	// Warnings are for the person who reads the run's log.
	Warnings []string

	config     config
	subject    subject
	definition map[string]any // without the region; nil when TaskDefinition is given
	secrets    *secretValues
}

// Resolve makes a job from its inputs and checks everything that can be known before
// AWS is asked. The error is *Problems for a job that can never work, else what the
// Lookup returned.
func Resolve(in Inputs) (*Job, error) {
	found := &findings{}
	s := readSubject(found, in)
	t := readTemplate(found, in, s)
	variables := s.jobVariables(found, in)
	if t.configuration == nil {
		return nil, found.err()
	}
	t.numbersAreTexts = strings.HasPrefix(in.PrefectVersion, "2.")
	noteLeftovers(found, t.leftovers(variables), in.Strict)
	secrets := &secretValues{texts: map[string]bool{}}
	found.secrets = secrets
	spent := newBudget(found)
	refs := &references{lookup: in.Lookup, found: found, secrets: secrets, read: map[string]any{}, budget: spent}
	document := t.populate(found, variables, in.Environ, refs)
	if refs.failed != nil {
		return nil, refs.failed
	}
	job := newJob(found, s, readConfig(found, document), in, spent)
	job.secrets = secrets
	job.StartTimeout = startTimeout(t, variables, document)
	job.warnIgnored(found, t)
	job.build(found, t)
	job.warnOfCode(found, in.Deployment)
	job.Warnings = slices.Clone(found.warnings)
	if err := found.err(); err != nil {
		return nil, err
	}
	return job, nil
}

func newJob(found *findings, s subject, c config, in Inputs, spent *budget) *Job {
	if c.command == "" {
		c.command = defaultCommand
	}
	return &Job{
		Name:           s.jobName(c, in.Environ, spent),
		Cluster:        c.cluster,
		Command:        c.command,
		Labels:         s.labels(c),
		Env:            s.environment(in.Settings, c),
		Credentials:    c.credentials,
		TaskDefinition: namedDefinition(found, c),
		AutoDeregister: c.autoDeregister,
		MatchLatest:    c.matchLatest,
		config:         c,
		subject:        s,
	}
}

// namedDefinition is the task definition of the request. A key without a value is an
// error with the official worker too.
func namedDefinition(found *findings, c config) string {
	value, given := c.runRequest["taskDefinition"]
	if !given {
		return ""
	}
	name, ok := value.(string)
	if !ok || name == "" {
		found.add("task_run_request.taskDefinition",
			"take task_definition_arn out of the job variables to have a definition registered",
			"it is given, but empty or not a string")
	}
	return name
}

// build makes and checks the documents as far as they can be made already.
func (j *Job) build(found *findings, t template) {
	checkConfig(found, j.config, j.TaskDefinition)
	facts := definitionFacts{}
	if j.TaskDefinition == "" {
		j.definition = j.define(found)
		checkDefinitionDocument(found, j.definition)
		facts = factsOfDocument(j.definition)
		checkUsable(found, j.config, facts, "")
		checkGPU(found, j.definition)
	}
	request := j.request(found, facts, Launch{TaskDefinition: firstOf(j.TaskDefinition, facts.family)})
	checkRequestDocument(found, request, facts)
	checkRoles(found, t, j.definition, request)
	checkFargateSizes(found, j.definition, request)
	if len(j.config.network) > 0 { // an empty one is none
		checkShape(found, "network_configuration", awsvpcSchema, awsvpcType, j.config.network)
	}
}

// warnIgnored names the variables that have no effect because the job names a task
// definition.
func (j *Job) warnIgnored(found *findings, t template) {
	if j.TaskDefinition == "" || len(j.config.taskDefinition) == 0 {
		return
	}
	found.warn("the job names the task definition %q, so none is registered", j.TaskDefinition)
	if names := sortedKeys(placeholders(t.configuration["task_definition"], jobVariable)); len(names) > 0 {
		found.warn("these job variables are ignored, because they belong to the task definition: %s", joinNames(names))
	}
}

// Family is the family that the job's definition is registered in; empty when the job
// names a definition.
func (j *Job) Family() string {
	return field(j.definition, "family")
}

// InfrastructurePID identifies a task to Prefect: the cluster as the job has it, or
// its ARN, and the task's ARN.
func (j *Job) InfrastructurePID(clusterARN, taskARN string) string {
	return fmt.Sprintf("%s::%s", firstOf(j.Cluster, clusterARN), taskARN)
}
