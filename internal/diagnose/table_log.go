package diagnose

// logRules are what containers of Prefect write when their surroundings are at fault.
var logRules = []rule{
	when(`exec format error`, platform.Cause, platform.Advice, platform.Variables...),
	when(`401 unauthorized|invalid api key|illegal header value`,
		"Prefect rejected the container's API key",
		"check the key; in Secrets Manager it must be stored as plain text, not as key/value pairs (a JSON dictionary)",
		"prefect_api_key_secret_arn", "env"),
	when(
		`(connecterror|connection (refused|error)|name or service not known|temporary failure in name resolution|all connection attempts failed|failed to reach api|timed out while attempting to connect)`,
		"the container could not reach the Prefect API, or another server",
		"check PREFECT_API_URL as seen from the task, and the task's way out",
		"env", "network_configuration"),
	when(`no module named`,
		"a Python package is missing in the image",
		"add it to the image, or to the variable EXTRA_PIP_PACKAGES of Prefect's own images",
		"image", "env"),
	when(`no space left on device`, spaceRules[0].Cause, spaceRules[0].Advice, spaceRules[0].Variables...),
	when(`(command|executable( file)?) not found|(sh|bash): .*: not found`,
		"the container's command is not in its image",
		"check the command; Prefect must be installed in the image of a flow run",
		"command", "image"),
}
