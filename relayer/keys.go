package relayer

import (
	"errors"
	"fmt"
	"io"

	"github.com/ethereum/go-ethereum/common"
	ethcrypto "github.com/ethereum/go-ethereum/crypto"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"

	"github.com/stafiprotocol/stafid/relayer/stafi"
)

// ErrKey: a key that the configuration names is missing or of a kind that can't do its duty.
var ErrKey = errors.New("unusable key")

// Key is one secp256k1 key of the keyring; the private half never leaves it.
type Key struct {
	Name   string
	PubKey *secp256k1.PubKey
	ring   keyring.Keyring
}

// Sign returns the 64-byte R‖S signature (low S) over the SHA-256 of the given bytes.
func (k Key) Sign(signBytes []byte) ([]byte, error) {
	signature, found, err := k.ring.Sign(k.Name, signBytes, signing.SignMode_SIGN_MODE_DIRECT)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", k.Name, err)
	}
	if !found.Equals(k.PubKey) {
		return nil, fmt.Errorf("%w: %q changed while running", ErrKey, k.Name)
	}
	return signature, nil
}

// SignDigest returns the 65-byte signature r‖s‖v (low s, v 0 or 1) over a 32-byte digest, as it is: a keyring signs hashes of its own, so the
// private half is taken out of it for the time of one signature. Error: ErrKey for a key that is not in the keyring itself, as a Ledger's is not.
func (k Key) SignDigest(digest common.Hash) ([]byte, error) {
	private, err := k.private()
	if err != nil {
		return nil, err
	}
	secret, err := ethcrypto.ToECDSA(private.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrKey, k.Name, err)
	}
	return ethcrypto.Sign(digest.Bytes(), secret)
}

func (k Key) private() (cryptotypes.PrivKey, error) {
	record, err := k.ring.Key(k.Name)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", k.Name, err)
	}
	local := record.GetLocal()
	if local == nil || local.PrivKey == nil {
		return nil, fmt.Errorf("%w: %q is of type %s, want one whose private half is in the keyring", ErrKey, k.Name, record.GetType())
	}
	private, ok := local.PrivKey.GetCachedValue().(*secp256k1.PrivKey)
	if !ok || !private.PubKey().Equals(k.PubKey) {
		return nil, fmt.Errorf("%w: %q changed while running", ErrKey, k.Name)
	}
	return private, nil
}

// Ethereum is the key's account on every EVM chain.
func (k Key) Ethereum() (common.Address, error) {
	point, err := ethcrypto.DecompressPubkey(k.PubKey.Key)
	if err != nil {
		return common.Address{}, fmt.Errorf("%w: %q: %w", ErrKey, k.Name, err)
	}
	return ethcrypto.PubkeyToAddress(*point), nil
}

// Address of the key's account on this chain.
func (k Key) Address() sdk.AccAddress { return sdk.AccAddress(k.PubKey.Address()) }

// Keys are all that the configuration names.
type Keys struct {
	Submitter Key
	// Signers by chain id: the registered one first, then former ones. Funders by chain id.
	Signers map[string][]Key
	Funders map[string]Key
}

// OpenKeys opens the keyring and looks up every key that the configuration names. Passphrases are read from input. Errors:
// ErrKey for each key that is missing or not secp256k1.
func OpenKeys(home string, cfg Config, input io.Reader) (Keys, error) {
	ring, err := keyring.New("stafid", cfg.Keyring.Backend, cfg.keyringDir(home), input, stafi.NewCodec())
	if err != nil {
		return Keys{}, fmt.Errorf("keyring %q in %s: %w", cfg.Keyring.Backend, cfg.keyringDir(home), err)
	}
	return NewKeys(ring, cfg)
}

// NewKeys looks the keys up in an open keyring. Error: ErrKey.
func NewKeys(ring keyring.Keyring, cfg Config) (Keys, error) {
	keys := Keys{Signers: map[string][]Key{}, Funders: map[string]Key{}}
	var errs []error
	find := func(name string) Key {
		key, err := findKey(ring, name)
		errs = append(errs, err)
		return key
	}
	keys.Submitter = find(cfg.Submitter.Key)
	for _, chain := range cfg.Chains {
		for _, name := range append([]string{chain.SignerKey}, chain.FormerSignerKeys...) {
			keys.Signers[chain.ChainID] = append(keys.Signers[chain.ChainID], find(name))
		}
		if keys.Funders[chain.ChainID] = keys.Signers[chain.ChainID][0]; chain.FunderKey != "" {
			keys.Funders[chain.ChainID] = find(chain.FunderKey)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return keys, err
	}
	for _, chain := range cfg.Chains {
		if chain.Kind == KindEthereum {
			errs = append(errs, keys.checkEthereum(chain.ChainID))
		}
	}
	return keys, errors.Join(errs...)
}

// checkEthereum wants keys that can sign digests, and a funder that is no signer under another name: a signer's key signs for vaults only.
func (k Keys) checkEthereum(chainID string) error {
	funder := k.Funders[chainID]
	_, err := funder.private()
	errs := []error{err}
	for _, signer := range k.Signers[chainID] {
		_, err := signer.private()
		errs = append(errs, err)
		if signer.PubKey.Equals(funder.PubKey) {
			errs = append(errs, fmt.Errorf("%w: funder %q of %s is the signer %q, want another key", ErrKey, funder.Name, chainID, signer.Name))
		}
	}
	return errors.Join(errs...)
}

func findKey(ring keyring.Keyring, name string) (Key, error) {
	record, err := ring.Key(name)
	if err != nil {
		return Key{}, fmt.Errorf("%w: %q: %w", ErrKey, name, err)
	}
	found, err := record.GetPubKey()
	if err != nil {
		return Key{}, fmt.Errorf("%w: %q: %w", ErrKey, name, err)
	}
	pubKey, ok := found.(*secp256k1.PubKey)
	if !ok {
		return Key{}, fmt.Errorf("%w: %q is a %s key, want secp256k1", ErrKey, name, found.Type())
	}
	return Key{Name: name, PubKey: pubKey, ring: ring}, nil
}

// SignerOf finds the key of a chain that a vault holds, by its 33-byte compressed public key.
func (k Keys) SignerOf(chainID string, public []byte) (Key, error) {
	for _, key := range k.Signers[chainID] {
		if string(key.PubKey.Key) == string(public) {
			return key, nil
		}
	}
	return Key{}, fmt.Errorf("%w: the vault holds %X, which is none of the %d signer keys configured for %s",
		ErrKey, public, len(k.Signers[chainID]), chainID)
}
