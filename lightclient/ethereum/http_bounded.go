package ethereum

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient"
)

// bounded is a JSON array of that many items at most. An array is refused at the first
// one too many: three bytes of JSON are an item of many more in memory, and a
// source must not choose how many of these there are.
type bounded[T any] struct {
	most  int
	items []T
}

// UnmarshalJSON implements json.Unmarshaler; null is an empty array. Errors:
// ErrTooLarge, ErrMalformed.
func (b *bounded[T]) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	open, err := decoder.Token()
	if err != nil || open != json.Delim('[') {
		return fmt.Errorf("%w: %.32q is no array", lightclient.ErrMalformed, raw)
	}
	for decoder.More() {
		if len(b.items) == b.most {
			return fmt.Errorf("%w: more than %d items", lightclient.ErrTooLarge, b.most)
		}
		var item T
		if err := decoder.Decode(&item); err != nil {
			return err
		}
		b.items = append(b.items, item)
	}
	return nil
}
