"""Jupyter's own conformance suite on the C# kernel: conformance.py, with JUPYTER_PATH set to where the kernel is installed."""
import unittest

import jupyter_kernel_test


class CSharpKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "llm360-csharp"
    language_name = "C#"
    file_extension = ".cs"

    code_hello_world = 'Console.WriteLine("hello, world");'
    code_stderr = 'Console.Error.WriteLine("oops");'
    code_stdin = 'Console.WriteLine(input("name: "));'
    code_generate_error = 'throw new InvalidOperationException("wrong");'
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "string.Concat(\"a\", \"b\")", "result": "ab"},
        {"code": "Enumerable.Range(1, 4).Sum()", "result": "10"},
        {"code": "HTML(\"<b>3</b>\")", "result": "<b>3</b>", "mime": "text/html"},
    ]
    code_display_data = [
        {"code": 'display(HTML("<b>b</b>"));', "mime": "text/html"},
        {"code": 'display(Markdown("*b*"));', "mime": "text/markdown"},
        {"code": "5.Display();", "mime": "text/plain"},
    ]
    code_clear_output = 'Console.WriteLine("gone"); clear_output();'
    completion_samples = [
        {"text": "Console.WriteL", "matches": {"WriteLine"}},
        {"text": "var word = \"x\"; word.ToUpperI", "matches": {"ToUpperInvariant"}},
    ]
    complete_code_samples = ["1", "var x = 1;", "int F(int a)\n{\n    return a;\n}", "using System.Text;", ""]
    incomplete_code_samples = ["int F(int a)\n{", "if (true) {", "Console.WriteLine(", "/* open"]
    invalid_code_samples = ["int 1x = 2;", "var = ;"]
    code_inspect_sample = "Console.WriteLine"
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "6 ?*7"


if __name__ == "__main__":
    unittest.main(verbosity=2)
