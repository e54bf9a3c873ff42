package experiments

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// WriteParquet writes the table as a Parquet file with the columns of the CSV, for
// pandas, polars and DuckDB. Numbers are numbers: a column whose values all read as
// one is of doubles, of which those that are missing are null.
func (t *Table) WriteParquet(w io.Writer) error {
	head := t.Header()
	rows := make([][]string, len(t.Designs))
	for i, d := range t.Designs {
		rows[i] = t.row(d)
	}
	fields := make([]reflect.StructField, len(head))
	for j, name := range head {
		if strings.ContainsAny(name, "`\",") {
			return fmt.Errorf("column %s cannot be named so in Parquet; write .csv", name)
		}
		fields[j] = reflect.StructField{Name: "C" + strconv.Itoa(j), Type: columnType(head, rows, j), Tag: reflect.StructTag(`parquet:"` + name + `,optional"`)}
	}
	row := reflect.New(reflect.StructOf(fields)).Elem()
	out := parquet.NewWriter(w, parquet.NewSchema("sweep", parquet.SchemaOf(row.Interface())))
	for _, texts := range rows {
		row.SetZero()
		for j, text := range texts {
			setCell(row.Field(j), text)
		}
		if err := out.Write(row.Interface()); err != nil {
			return err
		}
	}
	return out.Close()
}

// columnType is a pointer to the narrowest of bool, float64 and string that holds all a column's values.
func columnType(head []string, rows [][]string, j int) reflect.Type {
	switch head[j] {
	case "key", "error", "status": // text, also where a key is all digits
		return reflect.TypeFor[*string]()
	case "front":
		return reflect.TypeFor[*bool]()
	}
	for _, row := range rows {
		if _, err := strconv.ParseFloat(row[j], 64); row[j] != "" && err != nil {
			return reflect.TypeFor[*string]()
		}
	}
	return reflect.TypeFor[*float64]()
}

// setCell sets one value; an empty text stays null.
func setCell(cell reflect.Value, text string) {
	if text == "" {
		return
	}
	v := reflect.New(cell.Type().Elem())
	switch p := v.Interface().(type) {
	case *string:
		*p = text
	case *float64:
		*p, _ = strconv.ParseFloat(text, 64)
	case *bool:
		*p = text == "true"
	}
	cell.Set(v)
}
