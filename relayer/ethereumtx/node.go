package ethereumtx

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Look is what a node says of an account and of prices at its head.
type Look struct {
	// Nonce is that of the next transaction that the account could have executed.
	Nonce uint64
	// BaseFee of the newest block in wei.
	BaseFee *big.Int
}

// Verdict is what became of a transaction that was handed to a node, by the node's word.
type Verdict int

// Verdicts.
const (
	// Taken: it waits to be executed, as far as this node is concerned.
	Taken Verdict = iota
	// Used: the nonce was used before.
	Used
	// Underpriced: another transaction has the nonce and offers too much to be replaced by this one.
	Underpriced
	// Poor: the account can't pay.
	Poor
	// Refused for another reason.
	Refused
)

// Node is an execution node, which is not trusted.
type Node interface {
	// Name is for logs; it shows no password.
	Name() string
	Look(ctx context.Context, account common.Address) (Look, error)
	// Simulate tells whether a call would revert at the node's head, and why.
	Simulate(ctx context.Context, from, to common.Address, gas uint64, data []byte) (reverts bool, reason string, err error)
	// Storage and HasCode read the state at the node's head.
	Storage(ctx context.Context, account common.Address, slot common.Hash) (common.Hash, error)
	HasCode(ctx context.Context, account common.Address) (bool, error)
	// Send hands a signed transaction over. The error is the node's text where the verdict is Poor or Refused, or the connection's.
	Send(ctx context.Context, tx *types.Transaction) (Verdict, error)
}

// nodeTimeout bounds one question to one node.
const nodeTimeout = 5 * time.Second

// askAll asks every node at once and returns the answers of those that gave one. Error: ErrNoNode where none did.
func askAll[T any](ctx context.Context, nodes []Node, ask func(context.Context, Node) (T, error)) ([]T, error) {
	answers := make([]T, len(nodes))
	errs := make([]error, len(nodes))
	var wait sync.WaitGroup
	for i, node := range nodes {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, nodeTimeout)
			defer cancel()
			if answers[i], errs[i] = ask(ctx, node); errs[i] != nil {
				errs[i] = fmt.Errorf("%s: %w", node.Name(), errs[i])
			}
		})
	}
	wait.Wait()
	var given []T
	for i, answer := range answers {
		if errs[i] == nil {
			given = append(given, answer)
		}
	}
	if len(given) == 0 {
		return nil, fmt.Errorf("%w: %w", ErrNoNode, errors.Join(errs...))
	}
	return given, nil
}

// hints are what nodes say, put together so that one that lies or lags can't keep a transaction from being sent.
type hints struct {
	// lowest next nonce.
	lowest uint64
	// base is the lowest base fee: too low a price is raised while the transaction waits, too high a one would stop it.
	base *big.Int
}

func lookAround(ctx context.Context, nodes []Node, account common.Address) (hints, error) {
	looks, err := askAll(ctx, nodes, func(ctx context.Context, node Node) (Look, error) { return node.Look(ctx, account) })
	if err != nil {
		return hints{}, err
	}
	found := hints{lowest: looks[0].Nonce, base: looks[0].BaseFee}
	for _, look := range looks[1:] {
		found.lowest = min(found.lowest, look.Nonce)
		found.base = lesser(found.base, look.BaseFee)
	}
	return found, nil
}
