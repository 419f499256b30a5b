// Telling a lack of memory from other failures of LibTorch, which have one exception type.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks.Models;

internal static class DeviceMemory
{
    private static readonly string[] Complaints = ["out of memory", "can't allocate memory", "not enough memory"];

    /// <summary>Whether an operator failed because memory did not suffice: LibTorch's messages of its CUDA and CPU allocators.</summary>
    public static bool IsExhausted(Exception e) => e is OutOfMemoryException || (e is ExternalException && Complaints.Any(c => e.Message.Contains(c, StringComparison.OrdinalIgnoreCase)));
}
