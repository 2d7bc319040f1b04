package wire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// decode fills the struct in from the parameters of a query request. A field is a
// string, *string, bool, *bool, int, *int, a struct, or a slice of these; its parameter is
// named by the tag `query:"Name,required"`, or else as the field. Pointers tell
// "not given" from the zero value.
func (d Dialect) decode(op string, form url.Values, in any) error {
	p := params{d: d, op: op, form: form, used: map[string]bool{"Action": true, "Version": true}}
	if err := p.into(reflect.ValueOf(in).Elem(), ""); err != nil {
		return err
	}
	return p.leftover()
}

type params struct {
	d    Dialect
	op   string
	form url.Values
	used map[string]bool
}

func (p *params) into(v reflect.Value, prefix string) error {
	for i := range v.NumField() {
		if v.Type().Field(i).Anonymous { // shared parameters, such as those of a page
			if err := p.into(v.Field(i), prefix); err != nil {
				return err
			}
			continue
		}
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("query"), ",")
		if name == "" {
			name = v.Type().Field(i).Name
		}
		found, err := p.value(v.Field(i), prefix+name)
		if err != nil {
			return err
		}
		if !found && option == "required" {
			return Errorf(p.d.Missing, "The request must contain the parameter %s", prefix+name)
		}
	}
	return nil
}

func (p *params) value(v reflect.Value, name string) (bool, error) {
	switch v.Kind() {
	case reflect.Slice:
		return p.list(v, name)
	case reflect.Struct:
		if !p.hasPrefix(name + ".") {
			return false, nil
		}
		return true, p.into(v, name+".")
	}
	values, ok := p.form[name]
	if !ok {
		return false, nil
	}
	p.used[name] = true
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	return true, p.scalar(v, name, values[0])
}

func (p *params) scalar(v reflect.Value, name, text string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return Errorf("InvalidParameterValue", "Value (%s) for parameter %s is invalid. Expected a boolean", text,
				name)
		}
		v.SetBool(b)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return Errorf("InvalidParameterValue", "Value (%s) for parameter %s is invalid. Expected a number", text,
				name)
		}
		v.SetInt(int64(n))
	default:
		panic(fmt.Sprintf("sandbox: parameter %s of kind %s", name, v.Kind()))
	}
	return nil
}

func (p *params) list(v reflect.Value, name string) (bool, error) {
	if !p.d.EC2 {
		name += ".member"
	}
	// An empty list is sent as the bare name by some clients.
	if _, ok := p.form[strings.TrimSuffix(name, ".member")]; ok {
		p.used[strings.TrimSuffix(name, ".member")] = true
	}
	for n := 1; ; n++ {
		item := fmt.Sprintf("%s.%d", name, n)
		if _, ok := p.form[item]; !ok && !p.hasPrefix(item+".") {
			return n > 1, nil
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if _, err := p.value(elem, item); err != nil {
			return false, err
		}
		v.Set(reflect.Append(v, elem))
	}
}

func (p *params) hasPrefix(prefix string) bool {
	for k := range p.form {
		if strings.HasPrefix(k, prefix) {
			return true
		}
	}
	return false
}

func (p *params) leftover() error {
	var names []string
	for k := range p.form {
		if !p.used[k] {
			names = append(names, k)
		}
	}
	if len(names) == 0 {
		return nil
	}
	sort.Strings(names)
	return Errorf(p.d.Unknown, "the ecsctl sandbox does not implement the parameter %s of %s",
		strings.Join(names, ", "), p.op)
}

func escape(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err) // a bytes.Buffer does not fail
	}
	return b.String()
}

// innerXML drops the outermost element of a document that xml.Marshal wrote.
func innerXML(data []byte) string {
	text := string(data)
	start := strings.IndexByte(text, '>') + 1
	end := strings.LastIndex(text, "</")
	if start > end {
		return ""
	}
	return text[start:end]
}
