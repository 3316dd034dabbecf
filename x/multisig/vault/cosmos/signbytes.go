package cosmos

import (
	"context"
	"crypto/sha256"
	"fmt"

	gogoproto "github.com/cosmos/gogoproto/proto"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	// The messages of a payload, for the amino-JSON encoder.
	_ "cosmossdk.io/api/cosmos/bank/v1beta1"
	txv1beta1 "cosmossdk.io/api/cosmos/tx/v1beta1"

	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/x/tx/signing"
	"github.com/cosmos/cosmos-sdk/x/tx/signing/aminojson"
)

// aminoJSON makes sign bytes as every SDK chain does; it holds no state.
var aminoJSON = aminojson.NewSignModeHandler(aminojson.SignModeHandlerOptions{
	FileResolver: protoregistry.GlobalFiles,
	TypeResolver: protoregistry.GlobalTypes,
})

// SignBytes returns the amino-JSON sign document of a payload: what a member's key signs (protocol §7). Errors: ErrPayload.
func SignBytes(p Payload) ([]byte, error) {
	body, err := p.body()
	if err != nil {
		return nil, err
	}
	authInfo, err := gogoproto.Marshal(&tx.AuthInfo{Fee: p.fee()})
	if err != nil {
		return nil, fmt.Errorf("%w: fee: %w", ErrPayload, err)
	}
	return signDocument(body, authInfo, signing.SignerData{
		Address: p.From, ChainID: p.ChainID, AccountNumber: p.AccountNumber, Sequence: p.Sequence,
	})
}

// Digest returns SHA-256 of a payload's sign bytes: the 32 bytes over which a member's ECDSA signature is made. Errors: ErrPayload.
func Digest(p Payload) ([sha256.Size]byte, error) {
	document, err := SignBytes(p)
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	return sha256.Sum256(document), nil
}

func signDocument(body, authInfo []byte, signer signing.SignerData) ([]byte, error) {
	data := signing.TxData{Body: new(txv1beta1.TxBody), AuthInfo: new(txv1beta1.AuthInfo), BodyBytes: body, AuthInfoBytes: authInfo}
	if err := proto.Unmarshal(body, data.Body); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if err := proto.Unmarshal(authInfo, data.AuthInfo); err != nil {
		return nil, fmt.Errorf("auth info: %w", err)
	}
	return aminoJSON.GetSignBytes(context.Background(), signer, data)
}
