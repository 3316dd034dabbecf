package localnet

import (
	"encoding/hex"
	"fmt"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// openKeyring opens the keyring that stafid finds with --home home --keyring-backend test.
func openKeyring(home string, cdc codec.Codec) (keyring.Keyring, error) {
	return keyring.New(sdk.KeyringServiceName(), keyring.BackendTest, home, nil, cdc)
}

// newKey adds a fresh secp256k1 key to the keyring.
func newKey(ring keyring.Keyring, name string) (Key, error) {
	record, _, err := ring.NewMnemonic(
		name, keyring.English, sdk.GetConfig().GetFullBIP44Path(), keyring.DefaultBIP39Passphrase, hd.Secp256k1,
	)
	if err != nil {
		return Key{}, fmt.Errorf("key %s: %w", name, err)
	}
	address, err := record.GetAddress()
	if err != nil {
		return Key{}, err
	}
	public, err := record.GetPubKey()
	if err != nil {
		return Key{}, err
	}
	return Key{Name: name, Address: address.String(), PublicKey: hex.EncodeToString(public.Bytes())}, nil
}
