package receipt

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

const (
	// version begins every encoded receipt.
	version = 1
	// fixedSize is an encoded receipt's length without its operator: version, contract, era, operator's length, key, calls, signature.
	fixedSize = 1 + 8 + 8 + 1 + KeySize + 8 + SignatureSize
	// MaxText is the longest text that Decode takes.
	MaxText = (fixedSize + MaxOperator + 2) / 3 * 4
)

// encoding is base64url without padding, whose unused bits must be 0: one text for each receipt.
var encoding = base64.RawURLEncoding.Strict()

// Encode is the text in which a receipt travels with a request: base64url without padding of version ‖ be64(contract) ‖ be64(era) ‖
// len(operator) ‖ operator ‖ client ‖ be64(calls) ‖ signature; 191 characters with a 20-byte operator. The chain's id is not in it: the member
// knows its own. Error: ErrMalformed.
func (r Receipt) Encode() (string, error) {
	if err := r.check(); err != nil {
		return "", err
	}
	raw := make([]byte, 0, fixedSize+len(r.Operator))
	raw = append(raw, version)
	raw = binary.BigEndian.AppendUint64(raw, r.Contract)
	raw = binary.BigEndian.AppendUint64(raw, r.Era)
	raw = append(raw, byte(len(r.Operator)))
	raw = append(raw, r.Operator...)
	raw = append(raw, r.Client...)
	raw = binary.BigEndian.AppendUint64(raw, r.Calls)
	raw = append(raw, r.Signature...)
	return encoding.EncodeToString(raw), nil
}

// Decode reads what Encode writes and nothing else, for a chain. It does not verify. Error: ErrMalformed.
func Decode(chainID, text string) (Receipt, error) {
	if len(text) > MaxText {
		return Receipt{}, fmt.Errorf("%w: %d characters, want at most %d", ErrMalformed, len(text), MaxText)
	}
	raw, err := encoding.DecodeString(text)
	if err != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if encoding.EncodeToString(raw) != text {
		return Receipt{}, fmt.Errorf("%w: the text has characters beside base64url", ErrMalformed)
	}
	if len(raw) < fixedSize || raw[0] != version {
		return Receipt{}, fmt.Errorf("%w: %d bytes, want at least %d beginning with %d", ErrMalformed, len(raw), fixedSize, version)
	}
	operator := int(raw[17])
	if len(raw) != fixedSize+operator {
		return Receipt{}, fmt.Errorf("%w: %d bytes, want %d with an operator of %d", ErrMalformed, len(raw), fixedSize+operator, operator)
	}
	r := Receipt{Body: Body{ChainID: chainID, Contract: binary.BigEndian.Uint64(raw[1:]), Era: binary.BigEndian.Uint64(raw[9:])}}
	rest := raw[18:]
	r.Operator, rest = rest[:operator:operator], rest[operator:]
	r.Client, rest = rest[:KeySize:KeySize], rest[KeySize:]
	r.Calls, rest = binary.BigEndian.Uint64(rest), rest[8:]
	r.Signature = rest
	return r, r.check()
}
