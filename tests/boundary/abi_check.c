/*
 * Assertions on the part of Python's stable ABI that the module uses. Compiled twice:
 * against capi/pyabi.h, and with REAL_PYTHON_H against the Python.h of an interpreter.
 * What both satisfy, both agree on.
 */
#ifdef REAL_PYTHON_H
#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#else
#include "pyabi.h"
#endif

#include <stddef.h>
#include <stdint.h>

#define SAME(a, b) _Static_assert((a) == (b), #a)
#define AT(type, member, words) SAME(offsetof(type, member), (words) * sizeof(void *))
#define IS(name, ...) _Static_assert(_Generic(&name, __VA_ARGS__ : 1, default : 0), #name)

SAME(sizeof(Py_ssize_t), sizeof(void *));
_Static_assert((Py_ssize_t)-1 < 0, "Py_ssize_t is signed");

/* PyObject has an opaque type: its size and the place of the count are what matters. */
SAME(sizeof(PyObject), 2 * sizeof(void *));

SAME(sizeof(Py_buffer), 10 * sizeof(void *));
AT(Py_buffer, buf, 0);
AT(Py_buffer, obj, 1);
AT(Py_buffer, len, 2);
AT(Py_buffer, itemsize, 3);
SAME(offsetof(Py_buffer, readonly), 4 * sizeof(void *));
SAME(offsetof(Py_buffer, ndim), 4 * sizeof(void *) + sizeof(int));
AT(Py_buffer, format, 5);
AT(Py_buffer, shape, 6);
AT(Py_buffer, strides, 7);
AT(Py_buffer, suboffsets, 8);
AT(Py_buffer, internal, 9);
SAME(PyBUF_SIMPLE, 0);

SAME(sizeof(PyMethodDef), 4 * sizeof(void *));
AT(PyMethodDef, ml_name, 0);
AT(PyMethodDef, ml_meth, 1);
AT(PyMethodDef, ml_flags, 2);
AT(PyMethodDef, ml_doc, 3);
SAME(METH_NOARGS, 4);
SAME(METH_O, 8);
SAME(METH_FASTCALL, 0x80);

SAME(sizeof(PyModuleDef_Base), 5 * sizeof(void *));
AT(PyModuleDef_Base, ob_base, 0);
AT(PyModuleDef_Base, m_init, 2);
AT(PyModuleDef_Base, m_index, 3);
AT(PyModuleDef_Base, m_copy, 4);
SAME(sizeof(PyModuleDef_Slot), 2 * sizeof(void *));
AT(PyModuleDef_Slot, slot, 0);
AT(PyModuleDef_Slot, value, 1);
SAME(Py_mod_exec, 2);
SAME(sizeof(PyModuleDef), 13 * sizeof(void *));
AT(PyModuleDef, m_base, 0);
AT(PyModuleDef, m_name, 5);
AT(PyModuleDef, m_doc, 6);
AT(PyModuleDef, m_size, 7);
AT(PyModuleDef, m_methods, 8);
AT(PyModuleDef, m_slots, 9);
AT(PyModuleDef, m_traverse, 10);
AT(PyModuleDef, m_clear, 11);
AT(PyModuleDef, m_free, 12);

IS(PyObject_GetBuffer, int (*)(PyObject *, Py_buffer *, int));
IS(PyBuffer_Release, void (*)(Py_buffer *));
SAME(sizeof(PyType_Slot), 2 * sizeof(void *));
AT(PyType_Slot, slot, 0);
AT(PyType_Slot, pfunc, 1);
SAME(sizeof(PyType_Spec), 2 * sizeof(void *) + 4 * sizeof(int));
AT(PyType_Spec, name, 0);
AT(PyType_Spec, basicsize, 1);
SAME(offsetof(PyType_Spec, itemsize), sizeof(void *) + sizeof(int));
SAME(offsetof(PyType_Spec, flags), sizeof(void *) + 2 * sizeof(int));
SAME(offsetof(PyType_Spec, slots), sizeof(void *) + 4 * sizeof(int));
SAME(Py_bf_getbuffer, 1);
SAME(Py_tp_dealloc, 52);
SAME(Py_TPFLAGS_DEFAULT, 0);
SAME(Py_TPFLAGS_DISALLOW_INSTANTIATION, 1UL << 7);
SAME(Py_TPFLAGS_IMMUTABLETYPE, 1UL << 8);

IS(PyBuffer_FillInfo, int (*)(Py_buffer *, PyObject *, void *, Py_ssize_t, int, int));
IS(PyType_FromSpec, PyObject *(*)(PyType_Spec *));
IS(PyType_GenericAlloc, PyObject *(*)(PyTypeObject *, Py_ssize_t));
IS(PyObject_Free, void (*)(void *));
IS(PyCFunction_NewEx, PyObject *(*)(PyMethodDef *, PyObject *, PyObject *));
IS(PyTuple_New, PyObject *(*)(Py_ssize_t));
IS(PyTuple_SetItem, int (*)(PyObject *, Py_ssize_t, PyObject *));
IS(PyList_New, PyObject *(*)(Py_ssize_t));
IS(PyList_SetItem, int (*)(PyObject *, Py_ssize_t, PyObject *));
IS(PyLong_AsLongLong, long long (*)(PyObject *));
IS(PyLong_FromLongLong, PyObject *(*)(long long));
IS(PyBool_FromLong, PyObject *(*)(long));
IS(PyObject_CallMethod, PyObject *(*)(PyObject *, const char *, const char *, ...));
IS(PyErr_Occurred, PyObject *(*)(void));
IS(Py_AddPendingCall, int (*)(int (*)(void *), void *));
IS(PyModuleDef_Init, PyObject *(*)(PyModuleDef *));
IS(PyImport_ImportModule, PyObject *(*)(const char *));
IS(Py_IncRef, void (*)(PyObject *));
IS(Py_DecRef, void (*)(PyObject *));
IS(PyObject_GetAttrString, PyObject *(*)(PyObject *, const char *));
IS(PyBytes_FromStringAndSize, PyObject *(*)(const char *, Py_ssize_t));
IS(PyUnicode_FromStringAndSize, PyObject *(*)(const char *, Py_ssize_t));
IS(PyUnicode_AsUTF8AndSize, const char *(*)(PyObject *, Py_ssize_t *));
IS(PySequence_Tuple, PyObject *(*)(PyObject *));
IS(PyTuple_Size, Py_ssize_t (*)(PyObject *));
IS(PyTuple_GetItem, PyObject *(*)(PyObject *, Py_ssize_t));
IS(PyCapsule_New, PyObject *(*)(void *, const char *, PyCapsule_Destructor));
IS(PyCapsule_GetPointer, void *(*)(PyObject *, const char *));
IS(PyCapsule_IsValid, int (*)(PyObject *, const char *));
IS(PyErr_SetString, void (*)(PyObject *, const char *));
IS(PyErr_SetObject, void (*)(PyObject *, PyObject *));
IS(PyErr_Format, PyObject *(*)(PyObject *, const char *, ...));
IS(PyErr_NoMemory, PyObject *(*)(void));
IS(PyErr_Fetch, void (*)(PyObject **, PyObject **, PyObject **));
IS(PyErr_Restore, void (*)(PyObject *, PyObject *, PyObject *));
IS(PyErr_Clear, void (*)(void));
IS(PyErr_CheckSignals, int (*)(void));
IS(PyEval_SaveThread, PyThreadState *(*)(void));
IS(PyEval_RestoreThread, void (*)(PyThreadState *));
IS(PyInterpreterState_Get, PyInterpreterState *(*)(void));
IS(PyInterpreterState_GetID, int64_t (*)(PyInterpreterState *));
IS(PySys_GetObject, PyObject *(*)(const char *));
IS(PyExc_ImportError, PyObject **);
IS(PyExc_TypeError, PyObject **);
IS(PyExc_ValueError, PyObject **);
_Static_assert(_Generic(Py_None, PyObject *: 1, default: 0), "Py_None");

/* METH_NOARGS and METH_O take this; METH_FASTCALL is cast to it. */
static PyObject *method(PyObject *self, PyObject *argument) { return self ? argument : NULL; }
const PyCFunction abi_check_method = method;
