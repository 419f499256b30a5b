// What the kernel reports about itself.
using System.Reflection;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Jupyter;

internal static class KernelInfo
{
    private static string Version =>
        typeof(KernelInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The kernel, its runtime and its version in a line.</summary>
    public static string Banner =>
        $"C# on {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}, Llm360.Notebooks {Version}";

    /// <summary>The content of kernel_info_reply.</summary>
    public static JsonObject Reply() => new()
    {
        ["status"] = "ok",
        ["protocol_version"] = WireFormat.Version,
        ["implementation"] = "llm360",
        ["implementation_version"] = Version,
        ["language_info"] = new JsonObject
        {
            ["name"] = "C#",
            ["version"] = "14.0",
            ["mimetype"] = "text/x-csharp",
            ["file_extension"] = ".cs",
            ["pygments_lexer"] = "csharp",
            ["codemirror_mode"] = "text/x-csharp",
            ["nbconvert_exporter"] = "script",
        },
        ["banner"] = Banner,
        ["debugger"] = false,
        ["help_links"] = new JsonArray(
            new JsonObject { ["text"] = "C# reference", ["url"] = "https://learn.microsoft.com/dotnet/csharp/" },
            new JsonObject { ["text"] = "LLM360", ["url"] = "https://www.llm360.ai/" }),
    };
}
