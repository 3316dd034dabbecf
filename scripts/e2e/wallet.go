package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// wallet keeps the keys that the harness signs with itself, and whose turn it is: an account sends
// one transaction at a time, for it is numbered by what is in blocks.
type wallet struct {
	mu   sync.Mutex
	keys map[string]*secp256k1.PrivKey
	turn map[string]chan struct{}
}

func newWallet() *wallet {
	return &wallet{keys: map[string]*secp256k1.PrivKey{}, turn: map[string]chan struct{}{}}
}

// take waits for the accounts' turns, in an order that can't lock two senders up, and returns what gives them back.
func (w *wallet) take(ctx context.Context, accounts []Account) (giveBack func(), err error) {
	addresses := make([]string, len(accounts))
	for i, account := range accounts {
		addresses[i] = account.Address
	}
	slices.Sort(addresses)
	var taken []chan struct{}
	giveBack = func() {
		for _, turn := range taken {
			<-turn
		}
	}
	for _, address := range slices.Compact(addresses) {
		turn := w.turnOf(address)
		select {
		case turn <- struct{}{}:
			taken = append(taken, turn)
		case <-ctx.Done():
			giveBack()
			return nil, context.Cause(ctx)
		}
	}
	return giveBack, nil
}

func (w *wallet) turnOf(address string) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.turn[address] == nil {
		w.turn[address] = make(chan struct{}, 1)
	}
	return w.turn[address]
}

// openKeyring opens the test keyring that the binaries find with --home home --keyring-backend test.
func (c *Chain) openKeyring(home string) (keyring.Keyring, error) {
	return keyring.New(sdk.KeyringServiceName(), keyring.BackendTest, home, strings.NewReader(""), c.codec)
}

// PrivateKey takes a key out of a test keyring.
func (c *Chain) PrivateKey(account Account) (*secp256k1.PrivKey, error) {
	c.wallet.mu.Lock()
	defer c.wallet.mu.Unlock()
	place := account.Home + "/" + account.Name
	if key := c.wallet.keys[place]; key != nil {
		return key, nil
	}
	ring, err := c.openKeyring(account.Home)
	if err != nil {
		return nil, err
	}
	record, err := ring.Key(account.Name)
	if err != nil {
		return nil, fmt.Errorf("key %s in %s: %w", account.Name, account.Home, err)
	}
	local := record.GetLocal()
	if local == nil {
		return nil, fmt.Errorf("key %s in %s is not kept there", account.Name, account.Home)
	}
	key, ok := local.PrivKey.GetCachedValue().(*secp256k1.PrivKey)
	if !ok {
		return nil, fmt.Errorf("key %s in %s is no secp256k1 key", account.Name, account.Home)
	}
	c.wallet.keys[place] = key
	return key, nil
}

// CreateKey makes a key in a home's test keyring.
func (c *Chain) CreateKey(home, name string) (Account, error) {
	ring, err := c.openKeyring(home)
	if err != nil {
		return Account{}, err
	}
	record, _, err := ring.NewMnemonic(name, keyring.English, sdk.FullFundraiserPath, keyring.DefaultBIP39Passphrase, hd.Secp256k1)
	if err != nil {
		return Account{}, fmt.Errorf("key %s: %w", name, err)
	}
	public, err := record.GetPubKey()
	if err != nil {
		return Account{}, err
	}
	address, err := c.Bech32(public.Address())
	return Account{Name: name, Home: home, Address: address}, err
}
