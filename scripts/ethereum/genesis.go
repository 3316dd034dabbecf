package ethereum

import (
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"math/big"
	"os"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
)

const (
	// ChainID of the network's transactions.
	ChainID = 780_213
	// Accounts is how many accounts genesis funds.
	Accounts = 4
	// gasLimit of the genesis block; validators may move it.
	gasLimit = 30_000_000
)

// Funding is what each account has at genesis, in wei: 1,000 ether.
func Funding() *big.Int { return new(big.Int).Mul(big.NewInt(1000), big.NewInt(params.Ether)) }

// Purse is a contract of genesis that takes any value and never gives it back:
// it stands where a deposit contract wants its vault.
var Purse = common.HexToAddress("0x5afe000000000000000000000000000000000001")

// Key is the private key of a funded account, from 0 to Accounts-1. Anybody can
// compute it: the network is for tests.
func Key(index int) *ecdsa.PrivateKey {
	key, err := crypto.ToECDSA(crypto.Keccak256(fmt.Appendf(nil, "stafi test network account %d", index)))
	if err != nil {
		panic(err) // a chance of 2^-128, and the same at every call
	}
	return key
}

// Address of a funded account.
func Address(index int) common.Address { return crypto.PubkeyToAddress(Key(index).PublicKey) }

// Genesis is the execution layer's, the same at every call: all forks up to
// Shanghai at the start, no proof of work, funded accounts.
func Genesis() *core.Genesis {
	zero, start := new(big.Int), uint64(0)
	alloc := types.GenesisAlloc{Purse: {Balance: new(big.Int), Code: []byte{0x00}}} // STOP
	for i := range Accounts {
		alloc[Address(i)] = types.Account{Balance: Funding()}
	}
	return &core.Genesis{
		Config: &params.ChainConfig{
			ChainID:        big.NewInt(ChainID),
			HomesteadBlock: zero, EIP150Block: zero, EIP155Block: zero, EIP158Block: zero,
			ByzantiumBlock: zero, ConstantinopleBlock: zero, PetersburgBlock: zero, IstanbulBlock: zero,
			MuirGlacierBlock: zero, BerlinBlock: zero, LondonBlock: zero,
			MergeNetsplitBlock: zero, TerminalTotalDifficulty: zero, ShanghaiTime: &start,
		},
		GasLimit:   gasLimit,
		Difficulty: zero,
		Alloc:      alloc,
	}
}

// writeGenesis writes the genesis file that geth reads.
func writeGenesis(path string, genesis *core.Genesis) error {
	raw, err := json.MarshalIndent(genesis, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}
