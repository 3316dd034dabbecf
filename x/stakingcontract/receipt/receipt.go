// Package receipt makes, reads and verifies the receipts by which a client counts its calls of a member's RPC service (protocol §15). It is pure:
// the chain and the relayer apply the same rules.
package receipt

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	cosmossecp "github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	// KeySize is the length of a compressed secp256k1 public key.
	KeySize = 33
	// SignatureSize is the length of R ‖ S.
	SignatureSize = 64
	// MaxOperator bounds the length of a raw operator address.
	MaxOperator = 255
	// domain begins every text that is signed; its length prefix, four bytes that begin with 0, can begin no transaction: neither JSON nor
	// a protobuf field.
	domain = "stafi/rpc/receipt/v1"
)

// What is wrong with a receipt.
var (
	// ErrMalformed: a field has the wrong length or range, or the encoding is not canonical.
	ErrMalformed = errors.New("malformed receipt")
	// ErrKey: the client's key is no point of the curve.
	ErrKey = errors.New("receipt has no valid public key")
	// ErrSignature: the signature is not the client's over this receipt, or it is malleated.
	ErrSignature = errors.New("receipt has no valid signature")
)

// Body is what a client signs: how many calls it has made of one member's service, for one contract in one era.
type Body struct {
	// ChainID of this chain.
	ChainID  string
	Contract uint64
	Era      uint64
	// Operator is the member's raw address.
	Operator []byte
	// Calls so far in the era, from 1.
	Calls uint64
}

// Receipt is a signed body.
type Receipt struct {
	Body
	// Client is its account's 33-byte compressed secp256k1 key.
	Client []byte
	// Signature is 64 bytes, R ‖ S, with S in the lower half of the order.
	Signature []byte
}

// Address of a 33-byte compressed key's account: RIPEMD-160(SHA-256(key)).
func Address(client []byte) sdk.AccAddress {
	return sdk.AccAddress((&cosmossecp.PubKey{Key: client}).Address())
}

// SignBytes is what a client signs the SHA-256 of: lp(domain) ‖ lp(chain-id) ‖ be64(contract) ‖ be64(era) ‖ lp(operator) ‖ lp(client) ‖
// be64(calls), where lp(x) = be32(len x) ‖ x. All have a length of their own or a prefix of it, so that no two receipts share a text.
func (b Body) SignBytes(client []byte) []byte {
	text := make([]byte, 0, 40+len(domain)+len(b.ChainID)+len(b.Operator)+len(client))
	text = appendPrefixed(text, []byte(domain))
	text = appendPrefixed(text, []byte(b.ChainID))
	text = binary.BigEndian.AppendUint64(text, b.Contract)
	text = binary.BigEndian.AppendUint64(text, b.Era)
	text = appendPrefixed(text, b.Operator)
	text = appendPrefixed(text, client)
	return binary.BigEndian.AppendUint64(text, b.Calls)
}

func appendPrefixed(text, value []byte) []byte {
	text = binary.BigEndian.AppendUint32(text, uint32(len(value)))
	return append(text, value...)
}

// Sign makes a receipt with a function that signs the SHA-256 of the bytes it is given and returns R ‖ S with low S, as the keyrings of the
// Cosmos SDK do. The receipt is verified before it is returned.
func Sign(body Body, client []byte, sign func(signBytes []byte) ([]byte, error)) (Receipt, error) {
	signature, err := sign(body.SignBytes(client))
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{Body: body, Client: client, Signature: signature}
	return r, r.Verify()
}

// Verify checks, in this order: the fields' lengths and ranges; that R and S are canonical, S in the lower half, so that there is one signature
// text of each signing; that the key is a point of the curve; and the signature. Errors: ErrMalformed, ErrSignature, ErrKey.
func (r Receipt) Verify() error {
	if err := r.check(); err != nil {
		return err
	}
	if err := checkSignature(r.Signature); err != nil {
		return err
	}
	// The curve parses the point itself: only where it refuses is it worth knowing why.
	digest := sha256.Sum256(r.SignBytes(r.Client))
	if signs(r.Client, digest[:], r.Signature) {
		return nil
	}
	if _, err := secp256k1.ParsePubKey(r.Client); err != nil {
		return fmt.Errorf("%w: %X: %w", ErrKey, r.Client, err)
	}
	return fmt.Errorf("%w: it is not of %s over %d calls of contract %d in era %d", ErrSignature, Address(r.Client), r.Calls, r.Contract, r.Era)
}

// check looks at all but the curve.
func (r Receipt) check() error {
	switch {
	case r.Contract == 0 || r.Era == 0:
		return fmt.Errorf("%w: contract %d, era %d, want both from 1", ErrMalformed, r.Contract, r.Era)
	case r.Calls == 0:
		return fmt.Errorf("%w: 0 calls, want at least 1", ErrMalformed)
	case len(r.Operator) == 0 || len(r.Operator) > MaxOperator:
		return fmt.Errorf("%w: operator has %d bytes, want from 1 to %d", ErrMalformed, len(r.Operator), MaxOperator)
	case len(r.Client) != KeySize:
		return fmt.Errorf("%w: key has %d bytes, want %d", ErrMalformed, len(r.Client), KeySize)
	case len(r.Signature) != SignatureSize:
		return fmt.Errorf("%w: signature has %d bytes, want %d", ErrMalformed, len(r.Signature), SignatureSize)
	}
	return nil
}

// checkSignature wants R and S from 1, R below the order and S in its lower half.
func checkSignature(raw []byte) error {
	var r, s secp256k1.ModNScalar
	if overflow := r.SetByteSlice(raw[:32]); overflow || r.IsZero() {
		return fmt.Errorf("%w: R is %X, want from 1 to the order less 1", ErrSignature, raw[:32])
	}
	if overflow := s.SetByteSlice(raw[32:]); overflow || s.IsZero() || s.IsOverHalfOrder() {
		return fmt.Errorf("%w: S is %X, want from 1 to half the order", ErrSignature, raw[32:])
	}
	return nil
}
