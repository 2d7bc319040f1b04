// Package darkterminal keeps the terminal libraries from asking the terminal for its
// background colour.
//
// Bubble Tea asks as soon as its package is initialised, in every run of every command;
// a terminal that does not answer (a recorder, a CI runner's, some multiplexers) then
// costs seconds. The colours that we use are the sixteen that every theme of a terminal
// has, so the answer is not needed.
//
// Go initialises packages in the order of their import paths, as far as imports allow:
// this one needs Lip Gloss alone and comes before github.com/charmbracelet/bubbletea.
package darkterminal

import "github.com/charmbracelet/lipgloss"

func init() { lipgloss.SetHasDarkBackground(true) }
