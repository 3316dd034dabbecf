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
	"github.com/ethereum/go-ethereum/core/vm/runtime"
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

// Genesis is the execution layer's, the same for the same funded accounts: all
// forks up to Shanghai at the start, no proof of work, Safe's contracts at their
// canonical addresses, the accounts of Key, and those that the caller funds, in wei.
func Genesis(funded map[common.Address]*big.Int) (*core.Genesis, error) {
	zero := new(big.Int)
	alloc, err := safeAccounts(&runtime.Config{ChainConfig: chainConfig(), Difficulty: zero, Random: &common.Hash{}})
	if err != nil {
		return nil, err
	}
	alloc[Purse] = types.Account{Balance: zero, Code: []byte{0x00}} // STOP
	for i := range Accounts {
		alloc[Address(i)] = types.Account{Balance: Funding()}
	}
	for address, wei := range funded {
		if _, taken := alloc[address]; taken {
			return nil, fmt.Errorf("%s is funded by the network already", address)
		}
		alloc[address] = types.Account{Balance: wei}
	}
	return &core.Genesis{Config: chainConfig(), GasLimit: gasLimit, Difficulty: zero, Alloc: alloc}, nil
}

func chainConfig() *params.ChainConfig {
	zero, start := new(big.Int), uint64(0)
	return &params.ChainConfig{
		ChainID:        big.NewInt(ChainID),
		HomesteadBlock: zero, EIP150Block: zero, EIP155Block: zero, EIP158Block: zero,
		ByzantiumBlock: zero, ConstantinopleBlock: zero, PetersburgBlock: zero, IstanbulBlock: zero,
		MuirGlacierBlock: zero, BerlinBlock: zero, LondonBlock: zero,
		MergeNetsplitBlock: zero, TerminalTotalDifficulty: zero, ShanghaiTime: &start,
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
