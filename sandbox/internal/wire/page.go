package wire

import "strconv"

// Page cuts one page out of all. The token is where the next page begins; it is nil
// after the last one. bad is answered when the token is not one of ours.
func Page[T any](all []T, token *string, size int, bad *Error) ([]T, *string, error) {
	start := 0
	if token != nil && *token != "" {
		n, err := strconv.Atoi(*token)
		if err != nil || n < 0 {
			return nil, nil, bad
		}
		start = min(n, len(all)) // things may have gone since the last page
	}
	end := min(start+size, len(all))
	page := append([]T{}, all[start:end]...) // never nil: an empty list is written
	if end == len(all) {
		return page, nil, nil
	}
	next := strconv.Itoa(end)
	return page, &next, nil
}
