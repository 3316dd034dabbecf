package ethereumlife

import (
	"crypto/ecdsa"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/stafiprotocol/stafid/scripts/ethereum"
)

// Users of StaFi.
const (
	holder = "holder"
	friend = "friend"
)

// User is an account of the Ethereum network that genesis funded.
type User struct {
	Name    string
	Key     *ecdsa.PrivateKey
	Address common.Address
	mu      sync.Mutex // one transaction at a time: its nonce is asked for
}

// Users of the Ethereum network.
var (
	staker   = newUser("staker", 0)
	outsider = newUser("outsider", 1)
	deployer = newUser("deployer", 2)
)

func newUser(name string, account int) *User {
	return &User{Name: name, Key: ethereum.Key(account), Address: ethereum.Address(account)}
}

// fresh is an address that nobody has the key of; the same name gives the same address.
func fresh(name string) common.Address {
	return common.BytesToAddress(crypto.Keccak256([]byte("stafi end-to-end fresh address " + name)))
}

func (l *Life) user(name string) string { return l.stafi.Users[name].Address }
