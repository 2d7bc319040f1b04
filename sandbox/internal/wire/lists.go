package wire

// Members is a list of the query protocol; it is written even when it is empty.
type Members[T any] struct {
	Member []T `xml:"member"`
}

// Items is a list of the EC2 query protocol; it is written even when it is empty.
type Items[T any] struct {
	Item []T `xml:"item"`
}
