// Constructs of .NET Interactive notebooks, from its documentation and courses, in our own code.
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

/// <summary>A notebook: its cells, and the plain text of its last output.</summary>
internal static class InteractiveNotebooks
{
    public static TheoryData<string, string[], string> All => new()
    {
        {
            "displaying output: display, Display, updates, values of several kinds",
            [
                "#!markdown\n# Displaying output",
                "display(\"first\");\n\"second\".Display();\nvar shown = display(0);\n"
                    + "foreach (var i in Enumerable.Range(1, 3)) shown.Update(i);",
                "using System.IO;\nConsole.Error.WriteLine(\"a warning\");\nConsole.Out.WriteLine(\"text\");\nnew[] { 1, 2, 3 }.Sum()",
            ],
            "6"
        },
        {
            "formatting: dictionaries, objects, lists of objects, cycles, formatters of one's own",
            [
                "new Dictionary<string, int> { [\"zero\"] = 0, [\"one\"] = 1 }",
                "class Pet { public string Name { get; set; } public int Age { get; set; } "
                    + "public List<Pet> Friends { get; } = new List<Pet>(); }",
                "var cat = new Pet { Name = \"Mia\", Age = 4 };\nvar dog = new Pet { Name = \"Rex\", Age = 7 };\n"
                    + "cat.Friends.Add(dog);\ndog.Friends.Add(cat);\n"
                    + "var pets = new List<Pet> { cat, dog };\npets",
                "Formatter.Register<Pet>((pet, writer) => writer.Write(pet.Name), mimeType: \"text/plain\");\npets",
                "using static Microsoft.DotNet.Interactive.Formatting.PocketViewTags;\nFormatter.ResetToDefault();\n"
                    + "Formatter.Register<List<Pet>>((all, writer) =>\n{\n    foreach (var pet in all)\n"
                    + "        writer.Write(span(b(pet.Name), \" \", i($\"({pet.Age} years)\"), br));\n"
                    + "}, mimeType: \"text/html\");\ndisplay(pets);\npets.Count",
                "Formatter.ResetToDefault();\npets.Count",
            ],
            "2"
        },
        {
            "HTML: helpers, PocketView with attributes, the text of a view",
            [
                "using Microsoft.DotNet.Interactive.Formatting;\ndisplay(HTML(\"<b>Hello</b>\"));",
                "using Microsoft.AspNetCore.Html;\nIHtmlContent content = new HtmlString(\"<i>x</i>\");\ncontent",
                "PocketView view = span(img[src: \"a.png\", style: \"height:1em\"], HTML(\"&nbsp;\"), "
                    + "a[href: \"https://example.org\"](i(\"link\")));\ndisplay(view);",
                "div[style: \"color:red\"](\"text\").ToString()",
            ],
            "<div style=\"color:red\">text</div>"
        },
        {
            "mathematics: LaTeX and formulas",
            [
                "(LaTeXString)@\"\\begin{align}\n\\nabla \\cdot \\vec{E} & = 4 \\pi \\rho\n\\end{align}\"",
                "(MathString)@\"e = mc^2\"",
            ],
            "$$e = mc^2$$"
        },
        {
            "data frames: columns, rows, filters, groups, a formatter with a table",
            [
                "#r \"nuget:Microsoft.Data.Analysis\"\nusing Microsoft.Data.Analysis;",
                "var dates = new PrimitiveDataFrameColumn<DateTime>(\"DateTimes\");\n"
                    + "var ints = new PrimitiveDataFrameColumn<int>(\"Ints\", 3);\n"
                    + "var strings = new StringDataFrameColumn(\"Strings\", 3);\n"
                    + "foreach (var day in Enumerable.Range(1, 3)) dates.Append(new DateTime(2019, 1, day));",
                "var df = new DataFrame(dates, ints, strings);\ndf",
                "df[0, 1] = 10;\ndf[1, 1] = 20;\ndf[\"Ints\"].FillNulls(-1, inPlace: true);\n"
                    + "df[\"Strings\"].FillNulls(\"Bar\", inPlace: true);",
                "var filtered = df.Filter(df[\"Ints\"].ElementwiseGreaterThan(0));\nvar sorted = df.OrderBy(\"Ints\");\n"
                    + "var groups = df.GroupBy(\"Strings\").Count();\nfiltered.Rows.Count",
                "Formatter.Register<DataFrameRow>((row, writer) => writer.Write(tr(row.Select(v => td(v)))), \"text/html\");\n"
                    + "display(df.Rows[0], \"text/html\");\nFormatter.ResetToDefault();\nfiltered.Rows.Count",
            ],
            "2"
        },
        {
            "the programming model: state, redefinition, async, magic commands in code",
            [
                "var x = 1;\nx++;\nint Square(int n) => n * n;",
                "#!time\nawait System.Threading.Tasks.Task.Delay(1);\nvar x = Square(5);",
                "#!who",
                "#!whos",
                "#!lsmagic",
                "#!about",
                "async Task<int> LaterAsync() { await Task.Yield(); return x + 1; }\nawait LaterAsync()",
            ],
            "26"
        },
        {
            "a course, strings and numbers: interpolation, searches, integer and decimal precision",
            [
                "string firstFriend = \"   Maria   \";\n"
                    + "Console.WriteLine($\"My friend is {firstFriend.Trim()} of {firstFriend.Length} letters\");",
                "var lyrics = \"You say goodbye, and I say hello\";\nConsole.WriteLine(lyrics.Contains(\"goodbye\"));\n"
                    + "lyrics.Replace(\"hello\", \"hi\")",
                "int a = 7, b = 4, c = 3;\nint d = (a + b) / c;\nint e = (a + b) % c;\nConsole.WriteLine($\"{d} remainder {e}\");",
                "int max = int.MaxValue;\nint what = unchecked(max + 3);\nConsole.WriteLine($\"overflow: {what}\");",
                "decimal third = 1.0M / 3.0M;\ndouble radius = 2.50;\n(third, Math.Round(Math.PI * radius * radius, 3)).Item2",
            ],
            "19.635"
        },
        {
            "a course, branches and loops",
            [
                "int a = 5;\nint b = 6;\nif (a + b > 10)\n{\n    Console.WriteLine(\"more\");\n}\nelse\n{\n"
                    + "    Console.WriteLine(\"not more\");\n}",
                "int counter = 0;\ndo\n{\n    counter++;\n} while (counter < 10);",
                "int sum = 0;\nfor (int number = 1; number < 21; number++)\n{\n    if (number % 3 == 0)\n"
                    + "        sum = sum + number;\n}\nConsole.WriteLine(sum);\nsum",
            ],
            "63"
        },
        {
            "a course, lists: adding, searching, sorting, Fibonacci numbers",
            [
                "var names = new List<string> { \"Scott\", \"Ana\", \"Felipe\" };\nforeach (var name in names)\n{\n"
                    + "    Console.WriteLine($\"Hello {name.ToUpper()}!\");\n}",
                "names.Add(\"Maria\");\nnames.Remove(\"Ana\");\nnames.Sort();\nvar index = names.IndexOf(\"Felipe\");\n"
                    + "Console.WriteLine($\"{names[index]} is at {index}\");",
                "var fibonacci = new List<int> { 1, 1 };\nwhile (fibonacci.Count < 20)\n"
                    + "    fibonacci.Add(fibonacci[^1] + fibonacci[^2]);\nfibonacci[^1]",
            ],
            "6765"
        },
        {
            "a course, classes: properties, methods, exceptions that are caught",
            [
                "public class Deposit\n{\n    public decimal Amount { get; }\n    public DateTime Date { get; }\n"
                    + "    public Deposit(decimal amount, DateTime date) { this.Amount = amount; this.Date = date; }\n}",
                "public class Account\n{\n    private static int seed = 1234567890;\n    private List<Deposit> all = new List<Deposit>();\n"
                    + "    public string Number { get; } = (seed++).ToString();\n"
                    + "    public decimal Balance => all.Sum(item => item.Amount);\n"
                    + "    public void Add(decimal amount)\n    {\n        if (amount <= 0)\n"
                    + "            throw new ArgumentOutOfRangeException(nameof(amount), \"Amounts are positive\");\n"
                    + "        all.Add(new Deposit(amount, DateTime.Now));\n    }\n}",
                "var account = new Account();\naccount.Add(500);\ntry\n{\n    account.Add(-1);\n}\n"
                    + "catch (ArgumentOutOfRangeException e)\n{\n"
                    + "    Console.WriteLine(e.ToString());\n}\naccount.Balance",
            ],
            "500"
        },
        {
            "several languages: HTML, Markdown, JavaScript and a diagram beside C#",
            [
                "#!html\n<div id=\"place\">not set</div>",
                "#!javascript\ndocument.getElementById(\"place\").innerText = \"set\";",
                "#!mermaid\nflowchart LR\n  A --> B",
                "#!csharp\nvar values = new[] { 2, 4, 6 };\n#!markdown\nThe mean follows.\n#!csharp\nvalues.Average()",
            ],
            "4"
        },
        {
            "JSON, dates, regular expressions, tabular output and records",
            [
                "using System.Text.Json;\nusing System.Text.RegularExpressions;\n"
                    + "var json = JsonDocument.Parse(\"{\\\"a\\\": [1, 2]}\");\njson",
                "record Point(double X, double Y);\nvar points = new[] { new Point(1, 2), new Point(3, 4) };\n"
                    + "points.Display(\"application/json\", \"text/html\");",
                "var text = new StringBuilder();\nforeach (Match m in Regex.Matches(\"a1b22\", @\"\\d+\"))\n"
                    + "    text.Append(m.Value).Append(';');\n"
                    + "display(text.ToString(), \"text/plain\");\nDateTime.Parse(\"2024-02-29\").AddDays(1).ToString(\"yyyy-MM-dd\")",
            ],
            "2024-03-01"
        },
        {
            "packages of .NET Interactive itself, and references after code",
            [
                "using System.Linq;\n#r \"nuget:Microsoft.DotNet.Interactive.ExtensionLab,*-*\"\n"
                    + "#r \"nuget: Microsoft.Data.Analysis, *-*\"\n"
                    + "using Microsoft.DotNet.Interactive;\nusing Microsoft.DotNet.Interactive.Formatting;",
                "#r \"System.Net.Http.Json.dll\"\ntypeof(System.Net.Http.Json.JsonContent).Name",
            ],
            "JsonContent"
        },
    };
}
