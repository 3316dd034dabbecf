package beacon

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
)

// extraData is the proposer's free bytes, at most 32.
type extraData []byte

// maxBranch is more than the longest branch of any known fork.
const maxBranch = 16

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Root) UnmarshalText(text []byte) error { return unhex(r[:], text) }

// MarshalText implements encoding.TextMarshaler.
func (r Root) MarshalText() ([]byte, error) { return enhex(r[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Address) UnmarshalText(text []byte) error { return unhex(a[:], text) }

// MarshalText implements encoding.TextMarshaler.
func (a Address) MarshalText() ([]byte, error) { return enhex(a[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Bloom) UnmarshalText(text []byte) error { return unhex(b[:], text) }

// MarshalText implements encoding.TextMarshaler.
func (b Bloom) MarshalText() ([]byte, error) { return enhex(b[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Pubkey) UnmarshalText(text []byte) error { return unhex(p[:], text) }

// MarshalText implements encoding.TextMarshaler.
func (p Pubkey) MarshalText() ([]byte, error) { return enhex(p[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Signature) UnmarshalText(text []byte) error { return unhex(s[:], text) }

// MarshalText implements encoding.TextMarshaler.
func (s Signature) MarshalText() ([]byte, error) { return enhex(s[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *Version) UnmarshalText(text []byte) error { return unhex(v[:], text) }

// MarshalText implements encoding.TextMarshaler.
func (v Version) MarshalText() ([]byte, error) { return enhex(v[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Bits) UnmarshalText(text []byte) (err error) {
	*b, err = unhexList(text, MaxSyncCommitteeSize/8)
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (b Bits) MarshalText() ([]byte, error) { return enhex(b), nil }

func (e *extraData) UnmarshalText(text []byte) (err error) {
	*e, err = unhexList(text, maxExtraData)
	return err
}

func (e extraData) MarshalText() ([]byte, error) { return enhex(e), nil }

// UnmarshalText reads decimal digits, as the beacon API writes them.
func (u *Uint256) UnmarshalText(text []byte) error {
	const digits = 78 // of 2^256-1
	v, ok := new(big.Int), len(text) > 0 && len(text) <= digits
	for _, c := range text {
		ok = ok && '0' <= c && c <= '9'
	}
	if ok {
		v, ok = v.SetString(string(text), 10)
	}
	if !ok || v.BitLen() > 256 {
		return fmt.Errorf("%w: %.80q is no 256-bit number", ErrMalformed, text)
	}
	v.FillBytes(u[:])
	slices.Reverse(u[:])
	return nil
}

// MarshalText writes decimal digits.
func (u Uint256) MarshalText() ([]byte, error) {
	big256 := u
	slices.Reverse(big256[:])
	return new(big.Int).SetBytes(big256[:]).Append(nil, 10), nil
}

// ParseBootstrap decodes the "data" of a beacon API bootstrap. Error: ErrMalformed.
func (n *Network) ParseBootstrap(raw []byte) (*Bootstrap, error) {
	var b Bootstrap
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, fmt.Errorf("%w: bootstrap: %w", ErrMalformed, err)
	}
	return &b, n.checkBootstrapSizes(&b)
}

// ParseUpdate decodes the "data" of a beacon API update or finality update.
// Error: ErrMalformed.
func (n *Network) ParseUpdate(raw []byte) (*Update, error) {
	var u Update
	if err := json.Unmarshal(raw, &u); err != nil {
		return nil, fmt.Errorf("%w: update: %w", ErrMalformed, err)
	}
	return &u, n.normalize(&u)
}

func unhex(to, text []byte) error {
	if len(text) != 2+2*len(to) || text[0] != '0' || text[1] != 'x' {
		return fmt.Errorf("%w: %.80q is not 0x and %d hex digits", ErrMalformed, text, 2*len(to))
	}
	if _, err := hex.Decode(to, text[2:]); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

func unhexList(text []byte, limit int) ([]byte, error) {
	if len(text) < 2 || len(text)%2 != 0 || len(text) > 2+2*limit {
		return nil, fmt.Errorf("%w: %.80q is not 0x and up to %d hex digits", ErrMalformed, text, 2*limit)
	}
	list := make([]byte, (len(text)-2)/2)
	return list, unhex(list, text)
}

func enhex(b []byte) []byte { return hex.AppendEncode([]byte("0x"), b) }
