// Package prefect is a client of the REST API of Prefect 2 and 3, servers and Cloud,
// and finds the API's address and credentials where Prefect's own tools find them.
package prefect
